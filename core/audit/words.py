"""What acts and things of the trail are called; what is missing here shows by its code."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

ACTIONS: Mapping[str, object] = {
    "account.change_password": _l("修改密码"),
    "account.create_admin": _l("新建管理员"),
    "account.disable": _l("停用账号"),
    "account.enable": _l("恢复账号"),
    "account.end_session": _l("退出一台设备"),
    "account.lock": _l("锁定账号"),
    "account.new_link": _l("发出一次性链接"),
    "account.reset": _l("重设密码"),
    "account.sign_in": _l("登录"),
    "account.sign_out": _l("退出登录"),
    "account.sign_out_all": _l("全部退出登录"),
    "account.use_link": _l("用链接设密码"),
    "attempt.close": _l("到时收卷"),
    "attempt.release": _l("公布一份答卷"),
    "attempt.rescore": _l("重新评分"),
    "attempt.score": _l("评分"),
    "attempt.start": _l("开始答卷"),
    "attempt.submit": _l("交卷"),
    "attempt.void": _l("作废答卷"),
    "attempt.void.approve": _l("同意作废答卷"),
    "attempt.void.ask": _l("申请作废答卷"),
    "attempt.void.refuse": _l("不同意作废答卷"),
    "bank.load_starter": _l("载入初始题库"),
    "certificate.issue": lazy_pgettext("操作", "发证"),
    "certificate.revoke": _l("撤销证书"),
    "demo.load": _l("载入演示数据"),
    "duplicates.compare": _l("查重"),
    "duplicates.keep": _l("查重后都保留"),
    "duplicates.new_version": _l("查重后作为新版本"),
    "duplicates.same": _l("查重后认定相同"),
    "exam.admit": _l("准许报考"),
    "exam.blueprint": _l("修改组卷规则"),
    "exam.cancel": _l("取消考试"),
    "exam.create": _l("新建考试"),
    "exam.edit": _l("修改考试"),
    "exam.publish": _l("发布考试"),
    "exam.release": _l("公布答案"),
    "exam.terms": _l("修改考试安排"),
    "import.discard": _l("放弃导入"),
    "import.import": _l("导入试题"),
    "import.twins": _l("决定导入中相近的题"),
    "import.upload": _l("上传试题表"),
    "law.import": _l("导入法规"),
    "notebook.remove": _l("移出错题本"),
    "occasion.open": _l("开考"),
    "occasion.release": _l("公布答案"),
    "person.change": _l("修改人员"),
    "person.create": _l("新增人员"),
    "phone.reveal": _l("查看电话全号"),
    "points.adjust": _l("更正积分"),
    "points.adjust.approve": _l("同意更正积分"),
    "points.adjust.ask": _l("提出更正积分"),
    "points.adjust.refuse": _l("不同意更正积分"),
    "points.close_period": _l("结转一期积分"),
    "points.open_period": _l("开始一期积分"),
    "points.post": _l("积分入账"),
    "points.rebuild": _l("重算积分合计"),
    "points.reverse": _l("冲回积分"),
    "posting.begin": _l("任职开始"),
    "posting.end": _l("任职结束"),
    "question.approve": _l("审核通过试题"),
    "question.create": _l("新建试题"),
    "question.drop": _l("放弃重复的草稿"),
    "question.edit": _l("修改试题"),
    "question.link_articles": _l("关联法规条文"),
    "question.retire": _l("停用试题"),
    "question.return": _l("退回试题"),
    "question.submit": _l("试题送审"),
    "question.submit_import": _l("导入试题送审"),
    "registration.change": _l("修改备案"),
    "registration.end": _l("终止备案"),
    "registration.export": _l("导出备案表（电话全号）"),
    "registration.file": _l("新增备案"),
    "registration.record": _l("准予备案"),
    "registration.record.approve": _l("同意备案申请"),
    "registration.record.ask": _l("提出备案申请"),
    "registration.record.refuse": _l("不同意备案申请"),
    "registration.record.take_back": _l("收回备案申请"),
    "registration.return": _l("退回备案"),
    "registration.submit": _l("提交备案"),
    "registration.withdraw": _l("撤回备案"),
    "quiz_plan.create": _l("新建答题计划"),
    "quiz_plan.end": _l("结束答题计划"),
    "role.grant": _l("授予角色"),
    "role.revoke": _l("收回角色"),
    "roster.import": _l("导入人员"),
    "roster.upload": _l("上传人员表"),
    "round.miss": _l("错过一轮答题"),
    "round.open": _l("开放一轮答题"),
    "rule.change": _l("修改规则"),
    "topic.create": _l("新建知识点"),
    "topic.rename": _l("修改知识点"),
    "training.attend": _l("登记到训"),
    "training.create": _l("新建培训"),
    "training.withdraw": _l("撤销到训"),
    "transfer.approve": _l("批准调岗"),
    "transfer.ask": _l("申请调岗"),
    "transfer.carry_out": _l("办理调岗"),
    "transfer.decide.approve": _l("同意调岗申请"),
    "transfer.decide.ask": _l("调岗申请待第二人决定"),
    "transfer.decide.refuse": _l("不同意调岗申请"),
    "transfer.decide.take_back": _l("收回调岗申请"),
    "transfer.fail": _l("调岗没有办成"),
    "transfer.move": _l("调岗改期"),
    "transfer.refuse": _l("不批准调岗"),
    "transfer.report": _l("报备调岗"),
    "transfer.withdraw": _l("撤回调岗"),
    "unit.change": _l("修改单位"),
    "unit.create": _l("新增单位"),
}

SUBJECTS: Mapping[str, object] = {
    "account": _l("账号"),
    "attempt": _l("答卷"),
    "attempt.void": _l("作废答卷的申请"),
    "certificate": _l("证书"),
    "demo": _l("演示数据"),
    "duplicate_run": _l("查重"),
    "exam": lazy_pgettext("一场", "考试"),
    "law_version": _l("法规版本"),
    "occasion": _l("考次"),
    "person": _l("人员"),
    "points.adjust": _l("积分更正"),
    "points_entry": _l("积分明细"),
    "points_period": _l("积分期"),
    "points_total": _l("积分合计"),
    "question": _l("试题"),
    "question_import": _l("试题导入"),
    "register": _l("备案登记表"),
    "registration": _l("备案"),
    "registration.record": _l("备案申请"),
    "quiz_plan": _l("答题计划"),
    "quiz_round": _l("定期答题"),
    "quiz_slot": _l("一轮答题的时段"),
    "roster_import": _l("人员导入"),
    "rule": _l("规则"),
    "topic": _l("知识点"),
    "training_session": _l("培训"),
    "transfer": _l("调岗"),
    "transfer.decide": _l("调岗申请"),
    "unit": _l("单位"),
}


def action_words(action: str) -> str:
    """What an act is called."""
    return str(ACTIONS.get(action, action))


def subject_words(kind: str) -> str:
    """What a kind of thing is called."""
    return str(SUBJECTS.get(kind, kind))


def actor_words(actor: str) -> str:
    """Who acted: a staff number, a job, an operator, nobody who is known."""
    kind, colon, name = actor.partition(":")
    if colon and kind == "job":
        return _("定时任务 %(name)s", name=name)
    if colon and kind == "cli":
        return _("运维命令 %(name)s", name=name)
    return {"anonymous": _("未登录"), "system": _("系统")}.get(actor, actor)
