"""What the programs note beside mistakes, as findings, so that it is told once over all pushes."""

from cogs.code_review import agents, messages
from cogswarm.review import CheckReport, Severity, Spotted


def settings_changed(report: CheckReport) -> list[Spotted]:
    """Files of the pull request by which tools go."""
    return [
        Spotted(
            by=agents.LINT,
            source="tool",
            rule=messages.SETTINGS_RULE,
            severity=Severity.NOTE,
            path=one.path,
            message=messages.TOUCHED.format(of=one.of),
            about=f"settings {one.of}",
        )
        for one in report.touched
    ]


def without_tests(report: CheckReport) -> list[Spotted]:
    """Changed functions that no test names."""
    return [
        Spotted(
            by=agents.TESTS,
            source="tool",
            rule=messages.UNTESTED_RULE,
            severity=Severity.NOTE,
            path=one.path,
            line=one.line,
            message=messages.UNTESTED.format(function=one.function),
            about=f"untested {one.function}",
        )
        for one in report.untested
    ]
