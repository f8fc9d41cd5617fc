"""Keeps out what agents would note that is no fact: about themselves, about the conversation, about nothing, or orders.

Only what agents note goes through here. Each rule names a kind of noise that agents left to themselves produce; what none of
them recognises is let through, since people see every fact and take away what is wrong.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cogs.pins_memory import messages

LEAST_WORDS = 3
SAME_SHARE = 0.8
"""From this share of words in common on two notes say the same."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A kind of noise, the sentence that refuses it, and how it is told."""

    reason: str
    sign: re.Pattern[str]


def _sign(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.VERBOSE)


_RULES: Sequence[_Rule] = (
    _Rule(
        messages.JUNK_ORDER,
        _sign(
            r"""\b(ignore|disregard|forget|override)\b .{0,40} \b(instructions?|rules?|prompts?|guidelines?|messages?)\b
            | \b(jailbreak|developer\ mode|system\ prompt)\b
            | \b(from\ now\ on|henceforth)\b .{0,20} \b(you|agents?|assistants?|bots?|answer|reply|obey)\b
            | \b(agents?|assistants?|bots?)\ (must|should|shall|may|have\ to|are\ allowed\ to|can)\ (always|never|now|not|
              obey|ignore|send|post|reveal|share|delete|approve|run|call|use|trust|answer|reply|cite)\b
            | \byou\ (must|should|shall)\ (always|never|remember|obey|ignore|reveal|approve|trust|answer|reply|cite)\b
            | \b(obey|trust)\ (every|all|any|whatever|links?|messages?|requests?)\b
            | \b(send|post|forward|reveal|share|give|show)\b .{0,40} \b(tokens?|passwords?|secrets?|credentials|system\ prompt)\b
            | ^\W*(give|grant)\ .{0,30} \b(admin|access|rights?|permissions?|roles?)\b | \btreat\ .{0,60} \bas\ (an?\ )?(instructions?|orders?|commands?)\b
            | ^\W*keep\ (answers?|replies|responses?|it)\b
            | ^\W*(please\ )?(reply|answer|respond|speak|act|pretend|behave|obey)\b
            | \bwithout\ (asking|approval|telling|confirmation)\b .* \b(agents?|you|approve|send|delete)\b
            | \b(do\ not|don't|never)\ (tell|mention|reveal)\b .* \b(users?|people|anybody|anyone|admins?)\b"""
        ),
    ),
    _Rule(
        messages.JUNK_SELF,
        _sign(
            r"""^\W*(i|i'm|i've|i'll|i'd|my|me)\b(?![-/])
            | ^\W*(as\ an?\ (ai|agent|assistant|language\ model)|as\ the\ (researcher|librarian|assistant|agent))\b
            | \b(you|i)\ (are|am)\ (an?|the)\ [\w\ ]{0,30}\b(assistant|agent|model|bot|researcher)\b
            | ^\W*((the|this)\ (ai|agent|assistant|bot|(ai|language)\ model))\ (can|cannot|can't|should|must|answers?|responds?|was\ told)\b
            | \b(untrusted\ (block|text|tag)s?|nonce|passage\ ids?|context\ window|knowledge\ cutoff|training\ data|token\ limit)\b
            | \b(outputs?|answers?|responses?)\ (must|should|has\ to|have\ to)\b | \bcitation\ format\b | \bthe\ tools?\ \w+\ (has|have|offers?|can|returns?)\b
            | \b(answers?|sentences?|claims?)\b .{0,20} \b(cited?|citations?)\b .{0,20} \b(brackets?|sources?|ids?|passages?)\b"""
        ),
    ),
    _Rule(
        messages.JUNK_PERSON,
        _sign(
            r"""\bthe\ (user|member|person|human|asker|speaker)\ (who\ (asked|asks|wrote)|did|does|doesn't|didn't|is|was|has|wants?|likes?|prefers?|asked|asks|needs?|
              seems?|lives?|enjoys?|feels?|said|appears?|mentioned|expressed)\b
            | ^\W*users?\ (is|was|has|wants?|likes?|prefers?|asks?|asked|needs?|seems?|lives?|works?|enjoys?|feels?|said|appears?|
              mentioned|expressed)\b
            | \b(he|she|they|who|[A-Z][a-z]+)\ (seems?|appears?)\ (to\ be\ )?(happy|sad|angry|upset|frustrated|tired|interested|
              confused|friendly|annoyed|stressed|impatient|curious|worried|lonely)\b
            | \b(is|are|was)\ (very\ |quite\ |really\ |so\ )?(interested\ in|curious\ about|keen\ on|fond\ of|good\ at|bad\ at|new\ to)\b
            | \b(is|are)\ (very\ |quite\ |really\ |such\ )?an?\ ([\w-]+\ )?(person|beginner|expert|fan|enthusiast|guy|man|woman|user)\b
            | ^\W*[A-Z][a-z]+\ (is|was)\ (very\ |quite\ |really\ |so\ )?(happy|sad|angry|upset|frustrated|friendly|kind|polite|rude|
              impatient|curious|confused|smart|nice|lazy|stressed|tired)\b
            | \b(is|are)\ (probably|likely|apparently|perhaps|maybe)\ (from|an?|in\ (his|her|their)|male|female|single|married|
              based|\d+\ years)\b
            | \b(does\ not|doesn't|did\ not|didn't)\ (like|love|enjoy|want|feel)\b | \bhad\ (an?\ )?(argument|quarrel|fight|bad\ day)\b
            | \b(sounds?|looks?|feels?|might\ be|may\ be|could\ be)\ (happy|sad|angry|upset|frustrated|annoyed|tired|ill|sick|pregnant|lonely|
              stressed|worried|bored)\b
            | ^\W*(everyone|everybody|all)\ (is|are|was|were)\ (happy|fine|ok|okay|satisfied|glad)\b
            | \b(likes|loves|hates|dislikes|enjoys)\ (to\ )?(short|long|concise|detailed|polite|jokes|coffee|tea|being|when|cats|dogs|
              talking|reading|music)\b
            | \bprefers?\ ((short|concise|detailed|long|brief|friendly|polite|formal|casual)\ (answers?|replies|explanations?|messages?|
              tones?|style)|(dark|light)\ mode)\b
            | \b\d{1,3}\ years\ old\b .* \b(married|single|lives|she|he|divorced)\b"""
        ),
    ),
    _Rule(
        messages.JUNK_TALK,
        _sign(
            r"""^\W*(hi|hello|hey|thanks|thank\ you|ok|okay|sure|great|good\ (morning|evening|night)|you're\ welcome|sorry|bye|yes|no|
              noted|understood|got\ it|done|certainly|absolutely|of\ course)\b(?!\ to\b)(?=\W*$|[\ ,.!]+\w+\W*$|[,.!])
            | \b(we|they|users?|people|someone|somebody|[A-Z][a-z]+)\ (just\ |have\ |has\ |had\ )?(discussed|talked\ about|chatted|greeted|thanked|
              asked\ (me|about|whether|how|what|when|why|where|for|if|a\ question)|said\ (hi|hello|thanks))\b
            | \b(this|the|our|my)\ (conversation|chat|discussion|dialogue|session|message|exchange)\ (is|was|has|started|began|ended|
              focuse[sd]|covered|revolve[sd]|concerned|continued|about)\b
            | \b(a|the|this|that|my|your|our|previous|last)\ (question|answer|response|reply|explanation)s?\b
              (\ (above|below|here|given|about|to|of|on)\b .{0,40})? \ (was|were|is|are|should|has|have|will|could|needs?|can|contained|helped)\b
            | \bthe\ (last|previous|first|next)\ (message|turn|reply|question)\b
            | \b(main|central|only)\ (subject|topic)s?\b .{0,20} (\b(today|here|discussed)\b|\W*$)
            | ^\W*an?\ (short\ |quick\ |friendly\ )?(hello|greeting|thank\ you)\b
            | ^\W*(nice|lovely|bad|beautiful)\ (weather|day|evening|chat|talking)\b
            | \blet\ me\ know\b | \b(hope|glad|happy)\ (this|that|it|to)\b .{0,20} \b(helps?|helped|useful)\b
            | \b(we|they)\ (had|have|were\ having|are\ having)\ an?\ ([\w-]+\ )?(chat|talk|conversation|discussion)\b
            | \b(summary|recap)\ of\ (the|this|our)\ (conversation|chat|discussion)\b"""
        ),
    ),
    _Rule(
        messages.JUNK_AGAIN,
        _sign(
            r"""\b(as|was|were|it\ is)\ (noted|mentioned|stated|remembered|said)\ (before|earlier|above|previously|already)\b
            | \b(as|already|previously)\ (already\ )?(noted|mentioned|stated|remembered)\b
            | \b(fact|memory|pin)\ \#?\d+\ (says|states|said|is|was|notes|reads)\b
            | \b(according\ to|based\ on|from)\ (my|the|our)\ (memory|memories|pinned\ (facts?|messages?)|earlier\ (facts?|conversation))\b
            | \b(recalled|retrieved|remembered)\ (memory|memories|facts?|from)\b
            | ^\W*(as|like)\ (we\ |i\ )?(discussed|said|agreed|mentioned|noted|stated|described)\b
            | \b(was|is|been)\ already\ (saved|noted|stored|remembered|known|recorded|in\ memory)\b
            | ^\W*(memory|context|recollection|recall|remembered\ fact|existing\ fact|stored\ fact)\s*[:#]"""
        ),
    ),
    _Rule(
        messages.JUNK_PASSING,
        _sign(
            r"""\b(searching|looking\ up|fetching|loading|processing|thinking|generating|working\ on\ it|retrying|reading\ the)\b .{0,60}
              (\b(now|currently|moment|feeds?|sources?|pages?|results?|answer|request)\b|\.\.\.|…)
            | \b(search|query|tool|call|request|fetch|api|feed|step|task)\b .{0,30} \b(returned|failed|timed\ out|completed\ successfully|
              gave\ no|found\ no|did\ not\ return)\b
            | \b(search|query|tool|request|page|link|website|document|answer)\b .{0,20} \b(could\ not|couldn't|cannot|can't)\ be\ (loaded|read|
              found|opened|reached|fetched|given)\b
            | \b(search|query|lookup)\ found\b
            | ^\W*(read|found|searched|fetched|loaded|used|called|checked|retrieved|listed|opened|summari[sz]ed|answered|helped|told|explained|
              asked|provided)\ (\d+|the|for|about|an?|into|in|through|all|some|up)\b
            | ^\W*(still\ )?(working\ on|continue\ |continuing|no\ further\ action)\b
            | \b(sources?|results?)\ (disagree|agree|above|below|conflict)\b
            | \b(no|\d+)\ (results?|sources?|entries|hits|passages)\ (were\ |was\ )?(found|returned|matched|available|read)\b
            | \b(waiting\ for|pending)\ (approval|an?\ answer|confirmation|input|the\ user|a\ reply|response)\b
            | ^\W*(todo|to\ do|note\ to\ self|reminder\ to\ (self|me)|next\ steps?|will\ (check|look|ask|follow))\b
            | \b(check|look|follow\ up|get\ back|revisit)\b .{0,30} \b(later|again\ soon|tomorrow|next\ time)\W*$
            | \b(the\ time\ is|it\ is)\ (now\ )?\d{1,2}:\d{2}\b
            | \b(error|exception|traceback|stack\ trace|http\ [45]\d\d|status\ code|exit\ code)\b .{0,40} (\b(line\ \d|occurred|raised|
              returned|while|at\ 0x)|:\s)"""
        ),
    ),
    _Rule(
        messages.JUNK_BLOB,
        _sign(
            r"""```|^\s*[\[{<].*[\]}>]\s*$|</?\w+(\s[^<>]*)?>.*</\w+>
            | ^\W*https?://\S+\W*$
            | \b[A-Za-z0-9+/]{40,}={0,2}(\s|$)
            | \b(def|class|import|function|const|return|select|insert\ into|var|public\ static)\b .{0,60} [(){};=*]\W*.*[;:)}]\s*$
            | ^\W*\d{4}-\d\d-\d\d[T\ ]\d\d:\d\d:\d\d\S*\s+(info|debug|warn|warning|error|trace)\b
            | \b(password|passwort|api\ key|secret\ key|access\ token|private\ key)\b\s*(is|are|:|=)\s*\S+"""
        ),
    ),
    _Rule(
        messages.JUNK_VAGUE,
        _sign(
            r"""^\W*(it|this|that|these|those|things?|something|everything|nothing|stuff|there)\b (?!\ (is|are)\ (a|an|no|two|three|\d)\b)
              .{0,60}$(?<!\d)
            | ^\W*(some|more|additional|further|other|certain|many|a\ few|any)\ ([\w-]+\ )?(details?|information|info|context|data|things?|points?|
              notes?|examples?|aspects?|research|sources?)\b
            | ^\W*(important|useful|interesting|relevant|good\ to\ know|key)(\ (information|fact|note|point|takeaway|insight|detail)s?)?\W*$
            | ^\W*(maybe|perhaps|possibly|probably|presumably|not\ sure|unclear|unknown|it\ seems|seems)\b
            | \b(may|might|could)\ be\ (useful|important|relevant|interesting|helpful)\b
            | \b(is|are|was|were)\ (very\ |quite\ |really\ )?(important|interesting|useful|relevant|helpful|complex|nice|good)\W*$
            | \b(various|several|many)\ (things|topics|aspects|factors|points|sources)\b
            | \b(in\ general|generally\ speaking|it\ depends|as\ needed|and\ so\ on)\W*$"""
        ),
    ),
)

_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset(["a", "an", "and", "are", "at", "be", "by", "for", "from", "has", "in", "is", "it", "of", "on", "or", "the", "to", "was", "with"])  # fmt: skip


def junk(text: str, known: Collection[str] = ()) -> str | None:
    """Why something is not noted, as a sentence for the agent; None for what may be. ``known`` are the facts there are."""
    line = " ".join(text.split())
    words = _WORD.findall(line)
    if len(words) < LEAST_WORDS or len(_content(line)) < LEAST_WORDS - 1:
        return messages.JUNK_SHORT
    if line.endswith("?"):
        return messages.JUNK_QUESTION
    for rule in _RULES:
        if rule.sign.search(line):
            return rule.reason
    return messages.JUNK_KNOWN if any(_says_the_same(line, other) for other in known) else None


def _says_the_same(one: str, other: str) -> bool:
    """Two notes with nearly the same words, and the same numbers: another number is another fact."""
    mine, theirs = _content(one), _content(other)
    if not mine or not theirs or _numbers(mine) != _numbers(theirs):
        return False
    return len(mine & theirs) / len(mine | theirs) >= SAME_SHARE


def _content(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(text)) - _EMPTY


def _numbers(words: Collection[str]) -> frozenset[str]:
    return frozenset(word for word in words if any(character.isdigit() for character in word))
