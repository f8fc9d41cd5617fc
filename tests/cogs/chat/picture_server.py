"""A tool server that paints: its one tool answers with words and a picture of one pixel. Give it to ``command``."""

import json
import sys
from typing import Any

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def main() -> None:
    for given in sys.stdin:
        asked: dict[str, Any] = json.loads(given)
        if "id" in asked and "method" in asked:
            answer = {"jsonrpc": "2.0", "id": asked["id"], **_answer(asked["method"])}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


def _answer(method: str) -> dict[str, Any]:
    match method:
        case "initialize":
            info = {"name": "painter", "version": "1"}
            return {
                "result": {"protocolVersion": "2024-11-05", "capabilities": {"tools": {}}, "serverInfo": info}
            }
        case "tools/list":
            paint: dict[str, Any] = {
                "name": "paint",
                "description": "Paint something",
                "inputSchema": {"type": "object", "properties": {}},
            }
            return {"result": {"tools": [paint]}}
        case "tools/call":
            picture = {"type": "image", "data": PIXEL, "mimeType": "image/png"}
            return {"result": {"content": [{"type": "text", "text": "Painted."}, picture]}}
        case _:
            return {"error": {"code": -32601, "message": "What?"}}


if __name__ == "__main__":
    main()
