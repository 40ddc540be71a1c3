"""A reader of VNN-LIB 1.0, from its definition: a box of inputs, and what is asked of outputs."""

import re


def parsed(text):
    """Return nested lists of a text in parentheses, comments aside."""
    stack = [[]]
    for word in re.findall(r"[()]|[^\s()]+", re.sub(r";[^\n]*", "", text)):
        if word == "(":
            stack.append([])
        elif word == ")":
            stack[-2].append(stack.pop())
        else:
            stack[-1].append(word)
    (found,) = stack
    return found


def read_query(text):
    """Return lows and highs by input, names of outputs, and the alternatives: (Y, sign, value)."""
    low, high, names, asked = {}, {}, [], []
    for what, *rest in parsed(text):
        if what == "declare-const":
            name, sort = rest
            assert sort == "Real"
            names.append(name)
        else:
            assert what == "assert"
            ((operator, *parts),) = rest
            if operator == "or":
                for conjunction, (sign, name, value) in parts:
                    assert conjunction == "and"
                    asked.append((name, sign, float(value)))
            else:
                name, value = parts
                {">=": low, "<=": high}[operator][name] = float(value)
    inputs = [name for name in names if name.startswith("X_")]
    assert inputs == list(low) == list(high)
    return low, high, names[len(inputs) :], asked
