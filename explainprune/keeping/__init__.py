"""What stays on disk while work is under way: locks, temporary folders, finished pieces."""

from explainprune.keeping.depends import (
    as_files,
    code_mark,
    file_mark,
    mark,
    source_mark,
    sources,
    versions,
)
from explainprune.keeping.locks import held
from explainprune.keeping.ours import (
    check_way,
    is_ours,
    remove,
    said,
    signed,
    sweep,
    temporary,
    unsigned,
)
from explainprune.keeping.store import Store, hashed

__all__ = [
    "Store",
    "as_files",
    "check_way",
    "code_mark",
    "file_mark",
    "hashed",
    "held",
    "is_ours",
    "mark",
    "remove",
    "said",
    "signed",
    "source_mark",
    "sources",
    "sweep",
    "temporary",
    "unsigned",
    "versions",
]
