"""What the act of voiding is called, and which attempts take two people to void."""

from __future__ import annotations

from quiz.attempts.rules import AttemptState

VOID = "attempt.void"  # the kind of the act that two people make
MARKED_STATES = frozenset({AttemptState.SCORED, AttemptState.RELEASED})
