"""What a host must be like before we touch it: one look, then a judgement on what was seen.

The look (:func:`look`) is one command over the connection; the judgement (:func:`judge`) is pure, and lists
every problem at once, each with its fix. What is worth knowing and no problem is a note (:func:`notes`).
"""

from bootstrap.host.preflight.judge import judge, notes
from bootstrap.host.preflight.look import look
from bootstrap.host.preflight.wanted import Wanted

__all__ = ["Wanted", "judge", "look", "notes"]
