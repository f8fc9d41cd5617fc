"""A tool server that shows what stands in a file: ``python changing_server.py FILE``, and counts its calls there."""

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

type Json = dict[str, Any]


def main() -> None:
    file = Path(sys.argv[1])
    threading.Thread(target=_watch, args=(file,), daemon=True).start()
    for given in sys.stdin:
        asked = json.loads(given)
        if "id" in asked and "method" in asked:
            say({"jsonrpc": "2.0", "id": asked["id"], **_answer(file, asked)})


def _answer(file: Path, asked: Json) -> Json:
    match asked["method"]:
        case "initialize":
            info = {"name": "changing", "version": "1"}
            offers = {"tools": {"listChanged": True}}
            return {"result": {"protocolVersion": "2024-11-05", "capabilities": offers, "serverInfo": info}}
        case "tools/list":
            return {"result": {"tools": json.loads(file.read_text("utf-8"))}}
        case "tools/call":
            name = asked["params"]["name"]
            with file.with_suffix(".calls").open("a") as calls:
                calls.write(f"{name}\n")
            return {"result": {"content": [{"type": "text", "text": name}]}}
        case _:
            return {"error": {"code": -32601, "message": "What?"}}


def _watch(file: Path) -> None:
    before = file.read_bytes()
    while True:
        time.sleep(0.02)
        if (now := file.read_bytes()) != before:
            before = now
            say({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})


def say(message: Json) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
