"""Where in a YAML text something stands, for errors that name the line."""

from typing import cast

import yaml


def line_of(text: str, where: tuple[int | str, ...]) -> int | None:
    """The line of a key in a YAML text, or of the nearest part around it that is there."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        return None
    line = node.start_mark.line + 1
    for step in where:
        if isinstance(node, yaml.MappingNode):
            pairs = cast("list[tuple[yaml.ScalarNode, yaml.Node]]", node.value)
            found = next(((k, v) for k, v in pairs if k.value == str(step)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = cast("list[yaml.Node]", node.value)[step]
            line = node.start_mark.line + 1
        else:
            break
    return line
