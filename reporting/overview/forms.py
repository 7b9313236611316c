"""How the overview names what it shows."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l

from reporting.overview.rules import Cover

# cover → (kind of the chip, word)
COVER_WORDS: dict[Cover, tuple[str, Any]] = {
    Cover.BARE: ("bad", _l("无人持证备案")),
    Cover.SHORT: ("bad", _l("低于最低人数")),
    Cover.LOW: ("warn", _l("低于提醒线")),
    Cover.FINE: ("good", _l("正常")),
}
