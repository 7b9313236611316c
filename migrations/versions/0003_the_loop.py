"""registrations, transfers, points, rounds, practice."""

import sqlalchemy as sa
from alembic import op


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('registration_series',
    sa.Column('series', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('last', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.PrimaryKeyConstraint('series', name=op.f('pk_registration_series'))
    )
    op.create_table('notebook_entry',
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('question_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('wrong_count', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('first_wrong_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_wrong_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('card', sa.JSON(), nullable=True),
    sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_notebook_entry_person_id')),
    sa.ForeignKeyConstraint(['question_id'], ['question.id'], name=op.f('fk_notebook_entry_question_id')),
    sa.PrimaryKeyConstraint('person_id', 'question_id', name=op.f('pk_notebook_entry'))
    )
    with op.batch_alter_table('notebook_entry', schema=None) as batch_op:
        batch_op.create_index('ix_notebook_entry_due', ['person_id', 'due_at'], unique=False)

    op.create_table('quiz_plan',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('title', sa.String(length=64), nullable=False),
    sa.Column('first_month', sa.Date(), nullable=False),
    sa.Column('every_months', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.Enum('active', 'ended', name='planstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('created_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('every_months BETWEEN 1 AND 12', name=op.f('ck_quiz_plan_rhythm')),
    sa.ForeignKeyConstraint(['created_by'], ['person.id'], name=op.f('fk_quiz_plan_created_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quiz_plan'))
    )
    with op.batch_alter_table('quiz_plan', schema=None) as batch_op:
        batch_op.create_index('uq_quiz_plan_active', ['state'], unique=True, sqlite_where=sa.text("state = 'active'"), postgresql_where=sa.text("state = 'active'"))

    op.create_table('points_period',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('previous_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('label', sa.String(length=64), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settles_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('max_points', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('target', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('rule_version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.CheckConstraint('target <= max_points', name=op.f('ck_points_period_target_can_be_reached')),
    sa.ForeignKeyConstraint(['previous_id'], ['points_period.id'], name=op.f('fk_points_period_previous_id')),
    sa.ForeignKeyConstraint(['rule_version_id'], ['rule_version.id'], name=op.f('fk_points_period_rule_version_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_points_period')),
    sa.UniqueConstraint('number', name=op.f('uq_points_period_number')),
    sa.UniqueConstraint('previous_id', name=op.f('uq_points_period_previous_id')),
    sa.UniqueConstraint('starts_at', name=op.f('uq_points_period_starts_at'))
    )
    op.create_table('quiz_plan_topic',
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('topic_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['plan_id'], ['quiz_plan.id'], name=op.f('fk_quiz_plan_topic_plan_id')),
    sa.ForeignKeyConstraint(['topic_id'], ['topic.id'], name=op.f('fk_quiz_plan_topic_topic_id')),
    sa.PrimaryKeyConstraint('plan_id', 'topic_id', name=op.f('pk_quiz_plan_topic'))
    )
    op.create_table('points_adjustment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=36), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('period_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('asked_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_points_adjustment_moves_something')),
    sa.ForeignKeyConstraint(['asked_by'], ['person.id'], name=op.f('fk_points_adjustment_asked_by')),
    sa.ForeignKeyConstraint(['period_id'], ['points_period.id'], name=op.f('fk_points_adjustment_period_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_points_adjustment_person_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_points_adjustment')),
    sa.UniqueConstraint('key', name=op.f('uq_points_adjustment_key'))
    )
    with op.batch_alter_table('points_adjustment', schema=None) as batch_op:
        batch_op.create_index('ix_points_adjustment_person', ['person_id'], unique=False)

    op.create_table('points_entry',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('period_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('origin_period_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source', sa.String(length=80), nullable=False),
    sa.Column('rule_version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reverses_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('posted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.CheckConstraint('reverses_id <> id', name=op.f('ck_points_entry_reverses_another')),
    sa.ForeignKeyConstraint(['origin_period_id'], ['points_period.id'], name=op.f('fk_points_entry_origin_period_id')),
    sa.ForeignKeyConstraint(['period_id'], ['points_period.id'], name=op.f('fk_points_entry_period_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_points_entry_person_id')),
    sa.ForeignKeyConstraint(['reverses_id'], ['points_entry.id'], name=op.f('fk_points_entry_reverses_id')),
    sa.ForeignKeyConstraint(['rule_version_id'], ['rule_version.id'], name=op.f('fk_points_entry_rule_version_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_points_entry')),
    sa.UniqueConstraint('person_id', 'source', name='uq_points_entry_once'),
    sa.UniqueConstraint('reverses_id', name=op.f('uq_points_entry_reverses_id'))
    )
    with op.batch_alter_table('points_entry', schema=None) as batch_op:
        batch_op.create_index('ix_points_entry_origin', ['origin_period_id', 'person_id'], unique=False)
        batch_op.create_index('ix_points_entry_period', ['period_id'], unique=False)
        batch_op.create_index('ix_points_entry_person', ['person_id', 'id'], unique=False)

    op.create_table('points_snapshot',
    sa.Column('period_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('earned', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('standing', sa.Enum('on_target', 'short', 'pending', 'not_counted', name='standing', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.ForeignKeyConstraint(['period_id'], ['points_period.id'], name=op.f('fk_points_snapshot_period_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_points_snapshot_person_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_points_snapshot_unit_id')),
    sa.PrimaryKeyConstraint('period_id', 'person_id', name=op.f('pk_points_snapshot'))
    )
    with op.batch_alter_table('points_snapshot', schema=None) as batch_op:
        batch_op.create_index('ix_points_snapshot_person', ['person_id'], unique=False)

    op.create_table('points_total',
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('period_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('earned', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('posted', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['period_id'], ['points_period.id'], name=op.f('fk_points_total_period_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_points_total_person_id')),
    sa.PrimaryKeyConstraint('person_id', 'period_id', name=op.f('pk_points_total'))
    )
    with op.batch_alter_table('points_total', schema=None) as batch_op:
        batch_op.create_index('ix_points_total_period', ['period_id'], unique=False)

    op.create_table('practice',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('occasion_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('attempt_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source', sa.Enum('topic', 'notebook', name='source', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('topic_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['attempt_id'], ['attempt.id'], name=op.f('fk_practice_attempt_id')),
    sa.ForeignKeyConstraint(['occasion_id'], ['occasion.id'], name=op.f('fk_practice_occasion_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_practice_person_id')),
    sa.ForeignKeyConstraint(['topic_id'], ['topic.id'], name=op.f('fk_practice_topic_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_practice')),
    sa.UniqueConstraint('attempt_id', name=op.f('uq_practice_attempt_id')),
    sa.UniqueConstraint('occasion_id', name=op.f('uq_practice_occasion_id'))
    )
    with op.batch_alter_table('practice', schema=None) as batch_op:
        batch_op.create_index('ix_practice_person', ['person_id', 'id'], unique=False)

    op.create_table('practice_check',
    sa.Column('attempt_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('is_right', sa.Boolean(), nullable=False),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['attempt_id'], ['attempt.id'], name=op.f('fk_practice_check_attempt_id')),
    sa.PrimaryKeyConstraint('attempt_id', 'position', name=op.f('pk_practice_check'))
    )
    op.create_table('quiz_round',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('opens_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closes_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('questions', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('occasion_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('period_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['occasion_id'], ['occasion.id'], name=op.f('fk_quiz_round_occasion_id')),
    sa.ForeignKeyConstraint(['period_id'], ['points_period.id'], name=op.f('fk_quiz_round_period_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['quiz_plan.id'], name=op.f('fk_quiz_round_plan_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quiz_round')),
    sa.UniqueConstraint('occasion_id', name=op.f('uq_quiz_round_occasion_id')),
    sa.UniqueConstraint('period_id', name=op.f('uq_quiz_round_period_id')),
    sa.UniqueConstraint('plan_id', 'number', name='uq_quiz_round_once')
    )
    op.create_table('registration',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.String(length=64), nullable=False),
    sa.Column('phone', sa.String(length=32), nullable=False),
    sa.Column('remark', sa.String(length=200), nullable=False),
    sa.Column('state', sa.Enum('draft', 'submitted', 'returned', 'recorded', 'ended', 'withdrawn', name='registrationstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('revision', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('filed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('filed_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('number', sa.String(length=64), nullable=True),
    sa.Column('series', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('serial', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('certificate_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('recorded_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('recorded_on', sa.Date(), nullable=True),
    sa.Column('held_through', sa.Date(), nullable=True),
    sa.Column('rule_version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('end_kind', sa.Enum('transfer', 'retirement', 'resignation', 'dismissal', 'death', 'discipline', 'revocation', name='endkind', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.CheckConstraint("(state = 'ended') = (ended_on IS NOT NULL)", name=op.f('ck_registration_ended_has_day')),
    sa.CheckConstraint("(state IN ('recorded', 'ended')) = (recorded_on IS NOT NULL)", name=op.f('ck_registration_recorded_has_day')),
    sa.CheckConstraint('ended_on >= recorded_on', name=op.f('ck_registration_ends_after_it_began')),
    sa.CheckConstraint('filed_by <> recorded_by', name=op.f('ck_registration_two_people')),
    sa.ForeignKeyConstraint(['certificate_id'], ['certificate.id'], name=op.f('fk_registration_certificate_id')),
    sa.ForeignKeyConstraint(['filed_by'], ['person.id'], name=op.f('fk_registration_filed_by')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_registration_person_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['person.id'], name=op.f('fk_registration_recorded_by')),
    sa.ForeignKeyConstraint(['rule_version_id'], ['rule_version.id'], name=op.f('fk_registration_rule_version_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_registration_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registration')),
    sa.UniqueConstraint('number', name=op.f('uq_registration_number')),
    sa.UniqueConstraint('series', 'serial', name='uq_registration_serial')
    )
    with op.batch_alter_table('registration', schema=None) as batch_op:
        batch_op.create_index('ix_registration_held', ['state', 'held_through'], unique=False)
        batch_op.create_index('ix_registration_person', ['person_id', 'recorded_on'], unique=False)
        batch_op.create_index('ix_registration_unit', ['unit_id', 'state'], unique=False)
        batch_op.create_index('uq_registration_open', ['person_id'], unique=True, sqlite_where=sa.text("state IN ('draft', 'submitted', 'returned')"), postgresql_where=sa.text("state IN ('draft', 'submitted', 'returned')"))

    op.create_table('transfer',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('registration_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('from_unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('to_unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('to_place', sa.String(length=100), nullable=False),
    sa.Column('to_position', sa.String(length=64), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('held_through', sa.Date(), nullable=False),
    sa.Column('grounds', sa.String(length=500), nullable=False),
    sa.Column('document_no', sa.String(length=64), nullable=False),
    sa.Column('successor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('gap_until', sa.Date(), nullable=True),
    sa.Column('state', sa.Enum('requested', 'approved', 'refused', 'withdrawn', 'carried_out', name='transferstate', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('revision', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('asked_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decision', sa.JSON(), nullable=True),
    sa.Column('decision_reason', sa.String(length=500), nullable=False),
    sa.Column('excepted_from', sa.Date(), nullable=True),
    sa.Column('carried_out_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state <> 'carried_out' OR effective_on > held_through OR (excepted_from IS NOT NULL AND effective_on >= excepted_from)", name=op.f('ck_transfer_hold')),
    sa.CheckConstraint('asked_by <> decided_by', name=op.f('ck_transfer_two_people')),
    sa.CheckConstraint('successor_id <> person_id', name=op.f('ck_transfer_successor_is_another')),
    sa.ForeignKeyConstraint(['asked_by'], ['person.id'], name=op.f('fk_transfer_asked_by')),
    sa.ForeignKeyConstraint(['decided_by'], ['person.id'], name=op.f('fk_transfer_decided_by')),
    sa.ForeignKeyConstraint(['from_unit_id'], ['unit.id'], name=op.f('fk_transfer_from_unit_id')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_transfer_person_id')),
    sa.ForeignKeyConstraint(['registration_id'], ['registration.id'], name=op.f('fk_transfer_registration_id')),
    sa.ForeignKeyConstraint(['successor_id'], ['person.id'], name=op.f('fk_transfer_successor_id')),
    sa.ForeignKeyConstraint(['to_unit_id'], ['unit.id'], name=op.f('fk_transfer_to_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer'))
    )
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.create_index('ix_transfer_registration', ['registration_id'], unique=False)
        batch_op.create_index('ix_transfer_state', ['state', 'effective_on'], unique=False)
        batch_op.create_index('uq_transfer_open', ['person_id'], unique=True, sqlite_where=sa.text("state IN ('requested', 'approved')"), postgresql_where=sa.text("state IN ('requested', 'approved')"))

    # not in batch: a batch copies the table and would lose its triggers
    op.create_index("ix_registry_event_subject", "registry_event", ["subject_kind", "subject_id"])



def downgrade() -> None:
    op.drop_index("ix_registry_event_subject", table_name="registry_event")

    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.drop_index('uq_transfer_open', sqlite_where=sa.text("state IN ('requested', 'approved')"), postgresql_where=sa.text("state IN ('requested', 'approved')"))
        batch_op.drop_index('ix_transfer_state')
        batch_op.drop_index('ix_transfer_registration')

    op.drop_table('transfer')
    with op.batch_alter_table('registration', schema=None) as batch_op:
        batch_op.drop_index('uq_registration_open', sqlite_where=sa.text("state IN ('draft', 'submitted', 'returned')"), postgresql_where=sa.text("state IN ('draft', 'submitted', 'returned')"))
        batch_op.drop_index('ix_registration_unit')
        batch_op.drop_index('ix_registration_person')
        batch_op.drop_index('ix_registration_held')

    op.drop_table('registration')
    op.drop_table('quiz_round')
    op.drop_table('practice_check')
    with op.batch_alter_table('practice', schema=None) as batch_op:
        batch_op.drop_index('ix_practice_person')

    op.drop_table('practice')
    with op.batch_alter_table('points_total', schema=None) as batch_op:
        batch_op.drop_index('ix_points_total_period')

    op.drop_table('points_total')
    with op.batch_alter_table('points_snapshot', schema=None) as batch_op:
        batch_op.drop_index('ix_points_snapshot_person')

    op.drop_table('points_snapshot')
    with op.batch_alter_table('points_entry', schema=None) as batch_op:
        batch_op.drop_index('ix_points_entry_person')
        batch_op.drop_index('ix_points_entry_period')
        batch_op.drop_index('ix_points_entry_origin')

    op.drop_table('points_entry')
    with op.batch_alter_table('points_adjustment', schema=None) as batch_op:
        batch_op.drop_index('ix_points_adjustment_person')

    op.drop_table('points_adjustment')
    op.drop_table('quiz_plan_topic')
    op.drop_table('points_period')
    with op.batch_alter_table('quiz_plan', schema=None) as batch_op:
        batch_op.drop_index('uq_quiz_plan_active', sqlite_where=sa.text("state = 'active'"), postgresql_where=sa.text("state = 'active'"))

    op.drop_table('quiz_plan')
    with op.batch_alter_table('notebook_entry', schema=None) as batch_op:
        batch_op.drop_index('ix_notebook_entry_due')

    op.drop_table('notebook_entry')
    op.drop_table('registration_series')
