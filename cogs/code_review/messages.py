"""What people read from code review."""

from collections.abc import Mapping

SUMMARY = "Pull requests become threads: agents check them, people decide, GitHub hears it"

# settings
REPOSITORIES = "Repositories"
REPOSITORIES_HELP = (
    "New pull requests of these get a thread here: owner/name or owner/*, set channel by channel"
)
DRAFTS = "Drafts"
DRAFTS_HELP = "Also look at pull requests that are drafts"
BOTS = "Bots' pull requests"
BOTS_HELP = "Also look at pull requests that bots open"
CONFIDENCE = "Confidence"
CONFIDENCE_HELP = "How sure the language model must be of a remark, in percent"
MOST = "Most remarks"
MOST_HELP = "How many remarks the language model may make at a push"
HOURS = "Hours to decide"
HOURS_HELP = "How long a decision is waited for"
REVIEWERS = "Reviewers"
REVIEWERS_HELP = "Who decides and suppresses; left out, whoever may manage this server"
NEEDED = "Needed"
NEEDED_HELP = "How many reviewers must say the same"
OWN = "Who asked may decide"
OWN_HELP = "Whoever types /review may decide about it, reviewer or not"
WORKFLOW = "Workflow"
WORKFLOW_HELP = "A workflow of the default branch that a button may start, such as tests.yml"

# commands
REVIEW = "Review a pull request in a thread of its own"
URL = "Its address, or owner/name#12"
REVIEWS = "Look after reviews of pull requests"
LIST = "Which pull requests are under review"
STATUS = "How a review stands, with everything that is open"
FULL = "Look at all of a pull request again"
PAUSE = "Let pushes go by until /reviews resume"
RESUME = "Go on, with what was pushed meanwhile"
SKIP = "Review this pull request no more"
WHICH = "Which one; left out, the one of this thread"

NONE = "No pull request is under review here. Type `/review` with the address of one."
HEAD = "**Under review**"
LINE = "- {mark} [{pull}](<{url}>) {title} · {place} · {open} open"
NO_PLACE = "no thread"
NOT_IN_THREAD = "This is not the thread of a review. Name one, or type this in its thread."
UNKNOWN = "I know no review called “{text}”; `/reviews list` shows what there is."
CLOSED = "{pull} is {state}, so there is nothing to review."
THERE = "{pull} is reviewed in <#{thread}>."
LOOKS = "I look at {pull} again in <#{thread}>."
OPENING = "The thread of {pull} is just being opened."
PAUSED = "Paused: pushes to {pull} go by until `/reviews resume`."
RESUMED = "{pull} goes on."
SKIPPED = "{pull} is not reviewed any more. `/review` takes it up again."
NOT_PAUSED = "{pull} is not paused. `/reviews full` looks at all of it again."
NOT_REVIEWER = "That is for {who} to do."
MANAGERS = "whoever may manage this server"
NOT_TOLD = "Discord has not told of this server's channels yet."
CANNOT_SEE = "GitHub did not answer just now: {why}"

# the thread
THREAD_TITLE = "{pull} {title}"
STATE: Mapping[str, str] = {
    "looking": "👀 Looking at `{head}`",
    "deciding": "🙋 Looked at `{head}`, and a decision is waited for",
    "looked": "🔎 Looked at `{head}`",
    "approve": "✅ Approved at `{head}`",
    "request_changes": "🛑 Changes requested at `{head}`",
    "comment": "💬 Commented at `{head}`",
    "paused": "⏸️ Paused",
    "skipped": "⏭️ Not reviewed any more",
    "closed": "⚫ Closed",
    "merged": "🟣 Merged",
}
STATUS_HEAD = "**[{title}](<{url}>)**\n{pull} by {author} · `{branch}` into `{base}`{draft}"
DRAFT = " · draft"
FORK = " · from a fork"
SIZE = "+{additions} -{deletions} in {files} · {labels}"
NO_LABELS = "no labels"
LABELS = "labels: {labels}"
CHECKS = "Checks: {checks}"
NO_CHECKS = "Checks: none"
COUNTS = "Findings: {open} open · {fixed} fixed · {quiet} suppressed"
CHECK_STATES: Mapping[str, str] = {
    "failed": "{count} failed ({names})",
    "running": "{count} running",
    "waiting": "{count} waiting",
    "passed": "{count} passed",
    "skipped": "{count} skipped",
    "unknown": "{count} unknown",
}
NO_MODEL = "-# No language model is set up here, so only programs look at it: no opinions, no summary."
AGAIN = "Look again"
SUPPRESS = "Suppress…"
RERUN = "Run failed checks again"
DISPATCH = "Run {workflow}"
PROPOSE = "Propose tests"

READING = "Reading the pull request"
CHECKING = "{files} changed: lint, security, tests, review and summary look at it"
CHECKING_WITHOUT = "{files} changed: lint, security and tests look at it"
TELLING = "Telling what was found"
MOVED = "It was pushed to while I was reading, so the next look begins with that push."
NOTHING_NEW = "Nothing was pushed since the last look."

PUSH = "**Push `{head}`**: {new} new · {still} still open · {fixed} fixed{back}"
BACK = " · {count} back again"
FIXED = "Fixed:"
FOUND_NOTHING = "Nothing found. Ran: {ran}."
NOBODY_RAN = "nothing"
FOUND = "{count} new:"
ITEM = "- **{severity}** {what} · {place}\n  {message}"
OPINION = "{rule} (opinion, {percent}% sure)"
MORE = "-# and {count} more; `/reviews status` lists them all."
SEVERITIES = ("note", "low", "medium", "high")
OLD_ONE = "fixed before, and there again"
NOT_CHECKED = "-# Not looked at: {what}"
SETTINGS_RULE = "settings"
TOUCHED = "This changes what tools go by ({of}). Here the bot's own settings hold; elsewhere, such as in CI, the changed ones may."
OWN_RULES = "⚠️ It also changes `{path}`, by which I review; until it is merged the one in `{branch}` holds."
RULES_BROKEN = "-# `{path}` in `{branch}` cannot be read, so it was left out: {why}"
NO_OPINION = "-# The language model had no say at this push: {why}"
UNSURE = "-# {count} remarks were left out, because the model was not sure enough or could not say where."
CHECKS_FAIL = "Failing on GitHub: {names}."
TESTED = "{count} changed functions are named by tests."
UNTESTED_RULE = "untested"
UNTESTED = "No test names `{function}`."
WALK = "{text}\n\nRisk: **{risk}** · Effort to review: **{effort}**/5"

# suppressing
CHOOSE = "Which finding should not be heard of any more in {repository}?"
CHOOSE_HINT = "Choose a finding"
NOTHING_OPEN = "Nothing is open that could be suppressed."
FORM_TITLE = "Suppress a finding"
WHY = "Why"
UNTIL = "Until when (30d, 2h, tomorrow 9:00; empty: for good)"
FINDING_GONE = "That finding is not open any more."
SUPPRESSED = "🔇 <@{by}> suppressed **{what}** in {place} {until}: “{why}”"
FOR_GOOD = "for good"
UNTIL_WHEN = "until <t:{when}:f>"
TAKE_BACK = "Take back"
HEARD_AGAIN = "🔔 <@{by}> wants to hear of **{what}** again."
NOT_SUPPRESSED = "That was not suppressed any more."
DONE = "Done."
REDRAFTED = "What is suppressed has changed, so there is another draft below."

# deciding
DRAFT_HEAD = "**What would be posted to GitHub** about `{head}`; the file below has it letter for letter:"
DRAFT_FILE = "review-{head}.md"
DRAFT_GOES_ON = "-# It goes on in the file."
ASK = "{pull}: post this review of {head} to GitHub? (draft {digest})"
POST_NOTHING = "Post nothing"
VERDICTS: Mapping[str, str] = {
    "approve": "Approve",
    "request_changes": "Request changes",
    "comment": "Comment",
    "nothing": POST_NOTHING,
}
LATE = "Nobody decided in time, so nothing was posted. `/reviews full` asks again."
NOT_POSTED = "Nothing is posted. `/reviews full` asks again."
REFUSED = "🚫 GitHub did not take the review: {why} Nothing was posted."
AWAY = "⏳ GitHub does not take the review just now: {why} I go on trying; there is nothing you need to do."
GAVE_UP = "🚫 GitHub did not answer for so long that I do not know whether the review stands there: {why}"
ENDED = "🚫 {pull} is {state} by now, so nothing was posted."
INSTEAD_HEAD = "**Without comments on lines** it would be this; the file below has it letter for letter:"
INSTEAD_ASK = "{pull}: GitHub did not take the review of {head}. What now? (draft {digest})"
TRY_AGAIN = "Try again"
WITHOUT_LINES = "Post without comments on lines"
REMEMBERED = "{verdict} at {head}: “{title}” by {author}, {comments}."
VOID = "🚫 {pull} was pushed to meanwhile: that decision was about `{head}`, so nothing was posted."
OVERTAKEN = "🚫 Something newer came meanwhile: that decision about `{head}` of {pull} does not hold any more, so nothing was posted."
POSTED = "{mark} <@{by}> decided: **{verdict}**. [The review](<{url}>) of `{head}` stands on GitHub with {comments}."
PUSHED = "🚫 `{head}` was pushed, so what was under way about the commit before is void."
OVER = "It is {state}."
PAUSED_REASON = "Paused, so this ended."
SKIPPED_REASON = "Not reviewed any more, so this ended."
THREAD_GONE = "Its thread was deleted."

# the review on GitHub
BODY = "**Review of {head}**: {count}{worst}."
WORST = ", the worst of them {severity}"
BODY_NONE = "no findings"
BODY_MORE = "Beside the lines of the diff:"
BODY_LINES = "On lines of the diff:"
BODY_AT = "- {place}: {text}"
BODY_ITEM = "- {place}: **{severity}** · {what}: {message}"
BODY_FIXED = "Fixed since the review before: {count}."
BODY_TOOLS = (
    "Looked at by programs and agents, decided by a person. Opinions of a language model are marked as such."
)
COMMENT = "**{severity}** · {what}: {message}"

# what happens on GitHub
SAID = "💬 **{who}** on GitHub{place}: {text} [↗](<{url}>)"
SAID_AT = " at `{path}:{line}`"
MERGED_SAID = "🟣 Merged by **{who}**."
CLOSED_SAID = "⚫ Closed by **{who}**."
REOPENED_SAID = "🔄 Opened again by **{who}**."
PUSH_PASSED = "⏸️ A push went by; `/reviews resume` looks at it."

# asking GitHub to do something
ASKED_RERUN = "🔁 <@{by}> had GitHub run again: {names}."
ASKED_DISPATCH = "▶️ <@{by}> had GitHub start `{workflow}` as `{branch}` has it."
NO_FAILED = "No failed check of this commit can be asked to run again."
NO_WORKFLOW = "No workflow is set; `/cogs config code_review` names one."
STARTING = "asking GitHub to start {workflow}"

# proposals and questions
PROPOSED = "Proposed by a language model; nobody has run it.\n{text}"
NOTHING_UNTESTED = "I know of no changed function without a test."
NEEDS_MODEL = "For that a language model is needed, and none is set up here."
EMPTY = "The diff says nothing about it."
UNKNOWN_PLACE = "the pull request"
