"""When a registered person may be moved, as pure decisions."""

from __future__ import annotations

from enum import StrEnum


class TransferState(StrEnum):
    """requested → approved | refused | withdrawn → carried_out."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CARRIED_OUT = "carried_out"
