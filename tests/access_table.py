"""Who may call what: every route with the permission that it needs. A new route is written here.

The test beside it fails on a route that is missing here, on a line without a route, and on any role
that gets in without the permission, or does not get in with it.
"""

from __future__ import annotations

from core.permissions import Permission

P = Permission
PUBLIC = None  # anyone, signed in or not

ACCESS: dict[str, Permission | None] = {
    # in accounts
    "accounts.change_password": P.ACCOUNT_OWN,
    "accounts.end_all_sessions": P.ACCOUNT_OWN,
    "accounts.end_session": P.ACCOUNT_OWN,
    "accounts.my_sessions": P.ACCOUNT_OWN,
    "accounts.set_language": PUBLIC,
    "accounts.set_text_size": P.ACCOUNT_OWN,
    "accounts.sign_in": PUBLIC,
    "accounts.sign_out": PUBLIC,
    "accounts.use_link": PUBLIC,
    # in accounts_api
    "accounts_api.sign_in": PUBLIC,
    "accounts_api.sign_out": P.ACCOUNT_OWN,
    # in adjustments
    "adjustments.ask": P.POINTS_ADJUST,
    "adjustments.decide": P.POINTS_ADJUST,
    "adjustments.index": P.POINTS_READ,
    # in attempts_api
    "attempts_api.mark": P.EXAM_SIT,
    "attempts_api.open_": P.EXAM_SIT,
    "attempts_api.save": P.EXAM_SIT,
    "attempts_api.show": P.RESULT_OWN,
    "attempts_api.submit": P.EXAM_SIT,
    # in audit
    "audit.export": P.AUDIT_READ,
    "audit.index": P.AUDIT_READ,
    # in certificates
    "certificates.export": P.CERTIFICATE_READ,
    "certificates.index": P.CERTIFICATE_READ,
    "certificates.mine": P.RESULT_OWN,
    "certificates.pdf": P.ACCOUNT_OWN,
    "certificates.revoke": P.CERTIFICATE_REVOKE,
    "certificates.show": P.ACCOUNT_OWN,
    "certificates.verify": PUBLIC,
    "certificates.verify_form": PUBLIC,
    # in core
    "core.healthz": PUBLIC,
    "core.readyz": PUBLIC,
    # in duplicates
    "duplicates.compare": P.BANK_WRITE,
    "duplicates.decide": P.BANK_WRITE,
    "duplicates.index": P.BANK_READ,
    "duplicates.retire": P.BANK_REVIEW,
    # in errata
    "errata.attempts": P.ATTEMPT_VOID,
    "errata.correct": P.BANK_REVIEW,
    "errata.correction": P.BANK_READ,
    "errata.corrections_index": P.BANK_READ,
    "errata.decide": P.BANK_REVIEW,
    "errata.decide_correction": P.ATTEMPT_VOID,
    "errata.index": P.BANK_READ,
    "errata.matter": P.BANK_READ,
    "errata.mine": P.RESULT_OWN,
    "errata.report": P.RESULT_OWN,
    "errata.rescore": P.ATTEMPT_VOID,
    "errata.seen": P.RESULT_OWN,
    # in exams
    "exams.admit": P.EXAM_MANAGE,
    "exams.blueprint": P.EXAM_MANAGE,
    "exams.brief": P.EXAM_SIT,
    "exams.cancel": P.EXAM_MANAGE,
    "exams.candidate": P.RESULT_READ,
    "exams.create": P.EXAM_MANAGE,
    "exams.decide_pool": P.EXAM_MANAGE,
    "exams.decide_void": P.ATTEMPT_VOID,
    "exams.edit": P.EXAM_MANAGE,
    "exams.export": P.EXAM_READ,
    "exams.index": P.EXAM_READ,
    "exams.mine": P.EXAM_SIT,
    "exams.publish": P.EXAM_MANAGE,
    "exams.publish_now": P.EXAM_MANAGE,
    "exams.release": P.EXAM_MANAGE,
    "exams.result": P.ACCOUNT_OWN,
    "exams.save_blueprint": P.EXAM_MANAGE,
    "exams.show": P.EXAM_READ,
    "exams.start": P.EXAM_SIT,
    "exams.terms": P.EXAM_MANAGE,
    "exams.void": P.ATTEMPT_VOID,
    # in exams_api
    "exams_api.list_exams": P.EXAM_SIT,
    "exams_api.start_attempt": P.EXAM_SIT,
    # in home
    "home.index": P.ACCOUNT_OWN,
    # in imports
    "imports.choose_export": P.BANK_READ,
    "imports.confirm": P.BANK_WRITE,
    "imports.create": P.BANK_WRITE,
    "imports.discard": P.BANK_WRITE,
    "imports.export": P.BANK_READ,
    "imports.export_as": P.BANK_READ,
    "imports.preview": P.BANK_WRITE,
    "imports.progress": P.BANK_WRITE,
    "imports.read_again": P.BANK_WRITE,
    "imports.submit": P.BANK_WRITE,
    "imports.drop": P.BANK_WRITE,
    "imports.map_bases": P.BANK_WRITE,
    "imports.map_topics": P.BANK_WRITE,
    "imports.mend": P.BANK_WRITE,
    "imports.refused": P.BANK_WRITE,
    "imports.say_of_whole": P.BANK_WRITE,
    "imports.take_back": P.BANK_WRITE,
    "imports.template": P.BANK_WRITE,
    "imports.undo": P.BANK_WRITE,
    # in laws
    "laws.changes": P.BANK_READ,
    "laws.import_": P.LAW_WRITE,
    "laws.index": P.BANK_READ,
    "laws.show": P.BANK_READ,
    # in marking
    "marking.answer": P.ANSWER_MARK,
    "marking.correct": P.ANSWER_MARK,
    "marking.index": P.ANSWER_MARK,
    "marking.question": P.ANSWER_MARK,
    # in media
    "media.create": P.BANK_WRITE,
    "media.show": P.ACCOUNT_OWN,
    # in media_api
    "media_api.upload": P.BANK_WRITE,
    # in notebook
    "notebook.index": P.EXAM_SIT,
    "notebook.remove": P.EXAM_SIT,
    # the document of the API
    "openapi": PUBLIC,
    # in points
    "points.behind": P.POINTS_READ,
    "points.export_behind": P.POINTS_READ,
    "points.export_mine": P.RESULT_OWN,
    "points.export_unit": P.POINTS_READ,
    "points.export_units": P.POINTS_READ,
    "points.mine": P.RESULT_OWN,
    "points.periods": P.POINTS_READ,
    "points.unit": P.POINTS_READ,
    "points.units": P.POINTS_READ,
    # in overview
    "overview.export": P.REGISTRATION_READ,
    "overview.index": P.REGISTRATION_READ,
    # in practice
    "practice.again": P.EXAM_SIT,
    "practice.index": P.EXAM_SIT,
    "practice.result": P.RESULT_OWN,
    "practice.start": P.EXAM_SIT,
    # in practice_api
    "practice_api.check": P.EXAM_SIT,
    "practice_api.checks": P.EXAM_SIT,
    # in questions
    "questions.apply_batch": P.BANK_WRITE,
    "questions.approve_many": P.BANK_REVIEW,
    "questions.batch": P.BANK_WRITE,
    "questions.change_filter": P.BANK_READ,
    "questions.compare": P.BANK_READ,
    "questions.create": P.BANK_WRITE,
    "questions.decide": P.BANK_REVIEW,
    "questions.drop_filter": P.BANK_READ,
    "questions.edit": P.BANK_WRITE,
    "questions.filters": P.BANK_READ,
    "questions.index": P.BANK_READ,
    "questions.keep_filter": P.BANK_READ,
    "questions.preview": P.BANK_WRITE,
    "questions.queue": P.BANK_REVIEW,
    "questions.remark": P.BANK_READ,
    "questions.resolve_remark": P.BANK_WRITE,
    "questions.retire": P.BANK_REVIEW,
    "questions.review": P.BANK_REVIEW,
    "questions.show": P.BANK_READ,
    "questions.submit": P.BANK_WRITE,
    "questions.suspended": P.BANK_READ,
    "questions.suspended_article": P.BANK_READ,
    "questions.decide_suspended": P.BANK_REVIEW,
    "questions.topic": P.BANK_WRITE,
    "questions.topics": P.BANK_WRITE,
    # in registrations
    "registrations.create": P.REGISTRATION_FILE,
    "registrations.docx": P.REGISTRATION_READ,
    "registrations.edit": P.REGISTRATION_FILE,
    "registrations.end": P.REGISTRATION_END,
    "registrations.index": P.REGISTRATION_READ,
    "registrations.phone": P.PHONE_REVEAL,
    "registrations.record": P.REGISTRATION_DECIDE,
    "registrations.return_": P.REGISTRATION_DECIDE,
    "registrations.show": P.REGISTRATION_READ,
    "registrations.submit": P.REGISTRATION_FILE,
    "registrations.withdraw": P.REGISTRATION_FILE,
    "registrations.xlsx": P.REGISTRATION_READ,
    # in records
    "records.mine": P.RESULT_OWN,
    "records.show": P.PEOPLE_READ,
    # in roles
    "roles.disable": P.ROLE_GRANT,
    "roles.enable": P.ROLE_GRANT,
    "roles.grant": P.ROLE_GRANT,
    "roles.revoke": P.ROLE_GRANT,
    # in roster
    "roster.create": P.PEOPLE_MANAGE,
    "roster.edit": P.PEOPLE_MANAGE,
    "roster.export": P.PEOPLE_READ,
    "roster.index": P.PEOPLE_READ,
    "roster.leave": P.PEOPLE_MANAGE,
    "roster.password": P.ACCOUNT_RESET,
    "roster.phone": P.PHONE_REVEAL,
    "roster.posting": P.PEOPLE_MANAGE,
    "roster.show": P.PEOPLE_READ,
    # in roster, imports
    "roster.imports.confirm": P.PEOPLE_MANAGE,
    "roster.imports.create": P.PEOPLE_MANAGE,
    "roster.imports.preview": P.PEOPLE_MANAGE,
    "roster.imports.template": P.PEOPLE_MANAGE,
    # in rounds
    "rounds.attempts": P.RESULT_READ,
    "rounds.brief": P.EXAM_SIT,
    "rounds.create_plan": P.ROUND_MANAGE,
    "rounds.decide_void": P.ATTEMPT_VOID,
    "rounds.end_plan": P.ROUND_MANAGE,
    "rounds.export": P.POINTS_READ,
    "rounds.index": P.POINTS_READ,
    "rounds.plan": P.POINTS_READ,
    "rounds.result": P.RESULT_OWN,
    "rounds.show": P.POINTS_READ,
    "rounds.start": P.EXAM_SIT,
    "rounds.void": P.ATTEMPT_VOID,
    # in rounds_api
    "rounds_api.list_rounds": P.EXAM_SIT,
    "rounds_api.start_attempt": P.EXAM_SIT,
    # in rulebook
    "rulebook.change": P.RULE_CHANGE,
    "rulebook.index": P.RULE_READ,
    # in sitting
    "sitting.answer": P.EXAM_SIT,
    "sitting.open_": P.EXAM_SIT,
    "sitting.page": P.EXAM_SIT,
    "sitting.service_worker": PUBLIC,
    "sitting.submit": P.EXAM_SIT,
    "sitting.summary": P.EXAM_SIT,
    # in statistics
    "statistics.exam": P.EXAM_READ,
    "statistics.exams": P.EXAM_READ,
    "statistics.index": P.BANK_READ,
    "statistics.show": P.BANK_READ,
    # in training
    "training.attend": P.TRAINING_RECORD,
    "training.create": P.TRAINING_RECORD,
    "training.index": P.TRAINING_READ,
    "training.mine": P.RESULT_OWN,
    "training.paste": P.TRAINING_RECORD,
    "training.show": P.TRAINING_READ,
    "training.withdraw": P.TRAINING_RECORD,
    # in transfers
    "transfers.carry_out": P.TRANSFER_CARRY_OUT,
    "transfers.create": P.TRANSFER_ASK,
    "transfers.decide": P.TRANSFER_DECIDE,
    "transfers.export": P.TRANSFER_READ,
    "transfers.index": P.TRANSFER_READ,
    "transfers.move": P.TRANSFER_ASK,
    "transfers.show": P.TRANSFER_READ,
    "transfers.withdraw": P.TRANSFER_ASK,
    # in twins
    "twins.compare": P.BANK_WRITE,
    "twins.decide": P.BANK_WRITE,
    "twins.index": P.BANK_WRITE,
    # in units
    "units.change": P.UNIT_MANAGE,
    "units.create": P.UNIT_MANAGE,
    "units.index": P.UNIT_READ,
    "units.show": P.UNIT_READ,
}

# Checked by the view's own statement (session, owner and role in one): a stranger's thing is 404.
IN_QUERY = frozenset(
    {
        "attempts_api.mark",
        "attempts_api.open_",
        "attempts_api.save",
        "attempts_api.submit",
    }
)

# Open with a first password that must be changed.
WITH_FIRST_PASSWORD = frozenset(
    {
        "accounts.change_password",
        "accounts.set_text_size",
        "accounts_api.sign_out",
    }
)

# What stands in an address; numbers are of nothing that exists.
SAMPLES: dict[str, str] = {"token": "no-such-token", "code": "NO-SUCH-CODE", "rule": "exam.minutes"}
