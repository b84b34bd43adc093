"""YAML as ``kubectl`` should have read it: no key twice, and an error that shows its line."""

import yaml

from bootstrap.imageset.document import _Loader


def documents(text):
    """Return the documents of ``text``.

    Raises:
        ValueError: It is no YAML, or a mapping has a key twice; each problem names its line or its key.
    """
    loader = _Loader(text)
    try:
        found = []
        while loader.check_data():
            found.append(loader.get_data())
        twice = sorted(set(loader.duplicates), key=lambda each: each.line)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line
        shown = text.splitlines()[line].strip() if line < len(text.splitlines()) else "the end"
        raise ValueError(f"line {line + 1}: {shown}: {error.problem}") from error
    finally:
        loader.dispose()
    if twice:
        raise ValueError("\n".join(f"{each.key}: twice in one mapping, line {each.line}" for each in twice))
    return [each for each in found if each is not None]
