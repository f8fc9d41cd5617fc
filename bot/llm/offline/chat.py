"""Takes part in a conversation as far as that is honest without a language model: it quotes, it sums up."""

from collections.abc import Sequence

from bot.llm.offline.answer import MOST_CHARACTERS, answer
from bot.llm.offline.material import Material, read_material
from bot.llm.offline.question import Question
from bot.llm.offline.quotes import Quote, quotable
from bot.llm.offline.summary import is_instruction, summarize
from bot.llm.offline.terms import Stems
from bot.llm.protocol import Passage, Request

CANNOT_CHAT = (
    "I am the offline model: I work without a language model here, so I cannot chat freely. I can quote and sum "
    "up what the sources and the people here wrote: ask me about something in them."
)
CAN_USE = "I can also use a tool whose name you write, like this: `{name}: …`."
HERE = "From what was written here:"


def chat_lines(request: Request, question: Question, stems: Stems) -> list[str]:
    """Quotes from the material, or else from what people wrote before; or plainly that there is nothing to quote."""
    material = read_material(request.material, stems)
    if quotes := _found(question, material, stems):
        mark = "- " if len(quotes) > 1 else ""
        return [f"{mark}{quote.text(material)}" for quote in quotes]
    earlier = read_material(_written_before(request), stems)
    if quotes := _found(question, earlier, stems):
        return [HERE, *(f"> {_plain(quote)}" for quote in quotes)]
    hint = f" {CAN_USE.format(name=request.tools[0].name)}" if request.tools else ""
    return [f"{CANNOT_CHAT}{hint}"]


def _found(question: Question, material: Material, stems: Stems) -> Sequence[Quote]:
    if not material.sentences:
        return ()
    if is_instruction(question.text):
        sections = summarize(question, material, stems, characters=MOST_CHARACTERS)
        return [quote for section in sections for quote in section.quotes]
    return answer(question, material)


def _written_before(request: Request) -> list[Passage]:
    """What people wrote before the last message; our own words are left out, they would only be quotes of quotes."""
    asked = [turn.text for turn in request.turns if turn.role == "user" and turn.text.strip()]
    return [Passage(str(number), text) for number, text in enumerate(asked[:-1])]


def _plain(quote: Quote) -> str:
    """On one line, without a citation: there is no list of sources for a conversation."""
    told = f"{quote.opening.text} {quote.sentence.text}" if quote.opening else quote.sentence.text
    return quotable(told, set())
