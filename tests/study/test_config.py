"""What a user may write in a configuration, and what is said of everything else."""

import pytest

from explainprune.study.config import ARMS, StudyConfig, study_config


def test_defaults_round_trip_through_plain_sections():
    config = StudyConfig()
    assert study_config(config.to_dict()) == config
    assert study_config(None) == config
    assert study_config(config) is config


def test_a_number_stands_for_a_tuple_and_a_count_for_seeds():
    config = study_config({"model": {"dropout": 0.2, "hidden": 8}, "study": {"seeds": 3}})
    assert config.model.dropout == (0.2,)
    assert config.model.hidden == (8,)
    assert config.study.seeds == (0, 1, 2)
    assert config.study.arms == ARMS[:3]


def test_toml_is_read(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text('[data]\nsource = "wine"\n[prune]\nsparsity = 0.5\n', encoding="utf-8")
    config = study_config(path)
    assert (config.data.source, config.prune.sparsity) == ("wine", 0.5)


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        ({"stud": {}}, r"Unknown key in the configuration 'stud'. Did you mean 'study'\?"),
        ({"prune": {"sparsty": 1}}, r"Unknown key in \[prune\] 'sparsty'. Did you mean 'sparsity'"),
        ({"prune": {"sparsity": "x"}}, "could not convert string to float: 'x'"),
        ({"prune": {"sparsity": 1.0}}, r"A sparsity lies in \[0, 1\). Received: 1.0"),
        ({"study": {"levels": [0.5, -0.1]}}, r"A sparsity lies in \[0, 1\). Received: -0.1"),
        ({"study": {"arms": ["placeb"]}}, r"Unknown arm in \[study\] 'placeb'. Did you mean"),
        ({"study": {"seeds": []}}, "seeds are distinct integers"),
        ({"study": {"seeds": [1, 1]}}, "seeds are distinct integers"),
        ({"study": {"workers": 0}}, "workers is at least 1"),
        ({"study": {"l1_penalty": 0}}, "l1_penalty is above 0. Received: 0"),
        ({"study": {"dropout_rate": 1}}, r"dropout_rate lies in \(0, 1\). Received: 1"),
        ({"explain": {"threshold": 1}}, r"threshold is a chance in \(0, 1\). Received: 1"),
        ({"study": {"names": "dense"}}, r"\[study\] names holds two names, dense and other"),
        ({"study": {"names": ["dense", "placebo"]}}, "Received: 'placebo', which is used twice"),
        ({"data": {"test_share": 1.5}}, r"test_share lies in \(0, 1\). Received: 1.5"),
        ({"data": 3}, r"\[data\] is a table of keys. Received: 3"),
    ],
)
def test_what_does_not_fit_is_named(plain, message):
    with pytest.raises(ValueError, match=message):
        study_config(plain)


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no configuration"):
        study_config(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("[data\n", encoding="utf-8")
    with pytest.raises(ValueError, match="is not valid TOML"):
        study_config(broken)


def test_data_is_read_by_every_option_of_its_section(tmp_path):
    from explainprune.study.cell import study_data

    lines = ["a,b,answer,site,counts"]
    lines += [
        f"{i},{i % 7},{'yes' if i % 3 else 'no'},{'x' if i % 2 else 'y'},{1 + i % 4}"
        for i in range(40)
    ]
    (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    given = {
        "source": str(tmp_path / "t.csv"), "target": "answer", "group": "site",
        "weight": "counts", "task": "classification", "class_names": ["yes", "no"],
    }  # fmt: skip
    config = study_config({"data": given})
    assert study_config(config.to_dict()) == config
    data = study_data(config)
    assert data.class_names == ("yes", "no") and data.task == "classification"
    assert set(data.group) == {"x", "y"} and set(data.weight) == {1, 2, 3, 4}
    assert len(data) == 10 and data.x.shape == (10, 2)
