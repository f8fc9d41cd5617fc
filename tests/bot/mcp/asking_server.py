"""A tool server that asks people for things in the middle of its calls; what it did is a line each in a file."""

import json
import sys
from pathlib import Path
from typing import Any

type Json = dict[str, Any]

TASTES = [{"const": "s", "title": "Sweet"}, {"const": "b", "title": "Bitter"}]
FORM: Json = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Name", "minLength": 2, "maxLength": 20, "default": "Bo"},
        "mail": {"type": "string", "format": "email", "title": "Mail"},
        "age": {"type": "integer", "minimum": 0, "maximum": 150, "title": "Age"},
        "share": {"type": "number", "title": "Share"},
        "come": {"type": "boolean", "title": "Comes", "default": True},
        "taste": {"type": "string", "title": "Taste", "oneOf": TASTES},
        "days": {"type": "array", "title": "Days", "items": {"enum": ["mon", "tue", "wed"]}, "minItems": 1},
    },
    "required": ["name", "days"],
}
SMALL: Json = {"type": "object", "properties": {"day": {"type": "string", "format": "date", "title": "Day"}}}
NESTED: Json = {"type": "object", "properties": {"x": {"type": "object"}}}
QUESTIONS: dict[str, Json] = {
    "form": {"mode": "form", "message": "Who are you?", "requestedSchema": FORM},
    "day": {"mode": "form", "message": "Which day? @everyone", "requestedSchema": SMALL},
    "link": {
        "mode": "url",
        "message": "Sign in",
        "url": "https://xn--bcher-kva.example/login?a=1",
        "elicitationId": "1",
    },
    "badlink": {"mode": "url", "message": "Sign in", "url": "javascript:alert(1)", "elicitationId": "2"},
    "nested": {"mode": "form", "message": "Deep?", "requestedSchema": NESTED},
    "impatient": {"mode": "form", "message": "Quick!", "requestedSchema": SMALL},
}


def main() -> None:
    file = Path(sys.argv[1])
    waiting: dict[str, int] = {}
    for given in sys.stdin:
        said = json.loads(given)
        if said.get("method") == "tools/call":
            name = said["params"]["name"]
            note(file, f"call {name}")
            asked = "day" if name == "pay" else name
            waiting[f"q{said['id']}"] = said["id"]
            say({"id": f"q{said['id']}", "method": "elicitation/create", "params": QUESTIONS[asked]})
            if name == "impatient":
                finish(said["id"], "gave up")
        elif said.get("id") in waiting and "method" not in said:
            answer = said.get("result", {"error": said.get("error")})
            note(file, f"heard {json.dumps(answer, sort_keys=True)}")
            finish(waiting.pop(said["id"]), json.dumps(answer, sort_keys=True))
        elif said.get("method") == "notifications/cancelled":
            note(file, "cancelled")
        elif "id" in said and "method" in said:
            say({"id": said["id"], **answered(said["method"])})


def answered(method: str) -> Json:
    if method == "initialize":
        info = {"name": "asking", "version": "1"}
        return {
            "result": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info}
        }
    if method == "tools/list":
        tools = [
            {"name": name, "description": "Asks.", "inputSchema": {"type": "object"}}
            for name in (*QUESTIONS, "pay")
        ]
        return {"result": {"tools": tools}}
    return {"error": {"code": -32601, "message": "What?"}}


def finish(number: int, text: str) -> None:
    say({"id": number, "result": {"content": [{"type": "text", "text": text}]}})


def note(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as lines:
        lines.write(f"{line}\n")


def say(message: Json) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
