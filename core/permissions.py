"""Who may do what: a closed list of permissions, and roles as sets of them."""

from enum import StrEnum


class Permission(StrEnum):
    """One thing that a person may be allowed to do."""

    # every signed-in person
    ACCOUNT_OWN = "account:own"
    # sitting
    EXAM_SIT = "exam:sit"
    RESULT_OWN = "result:own"
    # people and units
    PEOPLE_READ = "people:read"
    PEOPLE_MANAGE = "people:manage"
    PHONE_REVEAL = "phone:reveal"
    UNIT_READ = "unit:read"
    UNIT_MANAGE = "unit:manage"
    ROLE_GRANT = "role:grant"
    ACCOUNT_RESET = "account:reset"
    # bank
    BANK_READ = "bank:read"
    BANK_WRITE = "bank:write"
    BANK_REVIEW = "bank:review"
    LAW_WRITE = "law:write"
    # training
    TRAINING_READ = "training:read"
    TRAINING_RECORD = "training:record"
    # exams
    EXAM_READ = "exam:read"
    EXAM_MANAGE = "exam:manage"
    RESULT_READ = "result:read"
    ATTEMPT_VOID = "attempt:void"
    ANSWER_MARK = "answer:mark"
    # certificates
    CERTIFICATE_READ = "certificate:read"
    CERTIFICATE_REVOKE = "certificate:revoke"
    # registrations and transfers
    REGISTRATION_READ = "registration:read"
    REGISTRATION_FILE = "registration:file"
    REGISTRATION_DECIDE = "registration:decide"
    REGISTRATION_END = "registration:end"
    TRANSFER_READ = "transfer:read"
    TRANSFER_ASK = "transfer:ask"
    TRANSFER_DECIDE = "transfer:decide"
    TRANSFER_CARRY_OUT = "transfer:carry_out"
    # rounds and points
    POINTS_READ = "points:read"
    POINTS_ADJUST = "points:adjust"
    ROUND_MANAGE = "round:manage"
    # oversight
    RULE_READ = "rule:read"
    RULE_CHANGE = "rule:change"
    AUDIT_READ = "audit:read"


class Role(StrEnum):
    """The parts people play; one person may play several."""

    STAFF = "staff"
    COORDINATOR = "coordinator"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    OFFICE = "office"
    AUDITOR = "auditor"
    ADMIN = "admin"


P = Permission

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.STAFF: frozenset({P.EXAM_SIT, P.RESULT_OWN}),
    Role.COORDINATOR: frozenset(
        {P.PEOPLE_READ, P.PEOPLE_MANAGE, P.PHONE_REVEAL, P.UNIT_READ, P.ACCOUNT_RESET,
         P.TRAINING_READ, P.TRAINING_RECORD, P.EXAM_READ, P.RESULT_READ, P.CERTIFICATE_READ,
         P.REGISTRATION_READ, P.REGISTRATION_FILE, P.REGISTRATION_END, P.TRANSFER_READ,
         P.TRANSFER_ASK, P.TRANSFER_CARRY_OUT, P.POINTS_READ}
    ),
    Role.EDITOR: frozenset({P.BANK_READ, P.BANK_WRITE, P.LAW_WRITE}),
    Role.REVIEWER: frozenset({P.BANK_READ, P.BANK_REVIEW, P.ANSWER_MARK}),
    Role.OFFICE: frozenset(
        {P.PEOPLE_READ, P.PHONE_REVEAL, P.UNIT_READ, P.BANK_READ, P.TRAINING_READ,
         P.TRAINING_RECORD, P.EXAM_READ, P.EXAM_MANAGE, P.RESULT_READ, P.ATTEMPT_VOID, P.ANSWER_MARK,
         P.CERTIFICATE_READ, P.CERTIFICATE_REVOKE, P.REGISTRATION_READ, P.REGISTRATION_DECIDE,
         P.REGISTRATION_END, P.TRANSFER_READ, P.TRANSFER_DECIDE, P.TRANSFER_CARRY_OUT,
         P.POINTS_READ, P.POINTS_ADJUST, P.ROUND_MANAGE, P.RULE_READ, P.RULE_CHANGE}
    ),
    Role.AUDITOR: frozenset(
        {P.PEOPLE_READ, P.UNIT_READ, P.BANK_READ, P.TRAINING_READ, P.EXAM_READ, P.RESULT_READ,
         P.CERTIFICATE_READ, P.REGISTRATION_READ, P.TRANSFER_READ, P.POINTS_READ, P.RULE_READ,
         P.AUDIT_READ}
    ),
    Role.ADMIN: frozenset(
        {P.PEOPLE_READ, P.PEOPLE_MANAGE, P.UNIT_READ, P.UNIT_MANAGE, P.ROLE_GRANT, P.ACCOUNT_RESET}
    ),
}  # fmt: skip

# Scoped roles hold for a unit and the units below it; all others for the whole city.
SCOPED_ROLES = frozenset({Role.COORDINATOR})
# Who oversees does not also decide: these combine with staff only (registry rules).
LONELY_ROLES = frozenset({Role.ADMIN, Role.AUDITOR})
# Holders can see keys before an exam; they sit one only when admitted with a reason.
KEY_ROLES = frozenset({Role.EDITOR, Role.REVIEWER, Role.OFFICE, Role.AUDITOR})


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """All that a holder of these roles may do."""
    granted = {P.ACCOUNT_OWN}
    for role in roles:
        granted |= ROLE_PERMISSIONS[role]
    return frozenset(granted)


def may_combine(roles: frozenset[Role]) -> bool:
    """Whether one person may hold these roles together."""
    lonely = roles & LONELY_ROLES
    return not lonely or (roles <= lonely | {Role.STAFF} and len(lonely) == 1)
