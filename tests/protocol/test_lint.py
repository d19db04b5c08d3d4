"""Static analysis: a sound protocol has no findings, and each way to break one has its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from msgspec.structs import fields, replace

from tests.toy import (
    ARM,
    CONSOLIDATION,
    COUNTS,
    EXITS,
    INDUCTION,
    MAINTENANCE,
    RECORD,
    SITE,
    STATES,
    STEPS,
    TOY,
    toy,
)
from workflow.engine.facts import BY_KIND
from workflow.engine.facts import KINDS as FACTS
from workflow.protocol import lint as analysis
from workflow.protocol.guards import (
    CycleInterval,
    NoProgression,
    NoUnacceptableToxicity,
    PeriodEnded,
    VisitInterval,
    WithinPeriod,
)
from workflow.protocol.lint import CHECKS, Finding
from workflow.protocol.model import (
    Administration,
    ByCalendar,
    ByLabel,
    CalendarEnd,
    Continuously,
    Criterion,
    CriterionKind,
    DeviationKind,
    Dose,
    Every,
    InfusionTime,
    OnDays,
    OnOneOf,
    Option,
    Permission,
    Protocol,
    Purpose,
    Reading,
    Role,
    Route,
    State,
    Step,
    Timing,
    Visit,
    Window,
)

CASES: list[Any] = []


def lint(protocol: Protocol) -> tuple[Finding, ...]:
    return analysis.lint(protocol, FACTS)


def breaks(code: str) -> Callable[[Callable[[], Protocol]], Callable[[], Protocol]]:
    """What the function makes has findings with this number, and no others."""

    def register(make: Callable[[], Protocol]) -> Callable[[], Protocol]:
        CASES.append(pytest.param(code, make, id=f"{code}-{make.__name__}"))
        return make

    return register


# ── the toy with one thing changed ─────────────────────────────────────────────────────────────────────────────────


def arm(**changes: Any) -> Protocol:
    return toy(arms=(replace(ARM, **changes),))


def phase(old: Any, **changes: Any) -> Protocol:
    return arm(phases=tuple(replace(p, **changes) if p is old else p for p in ARM.phases))


def cycle(old: Any, index: int, **changes: Any) -> Protocol:
    cycles = list(old.cycles)
    cycles[index] = replace(cycles[index], **changes)
    return phase(old, cycles=tuple(cycles))


def first_cycle(*administrations: Administration) -> Protocol:
    return cycle(INDUCTION, 0, administrations=administrations)


def given(timing: Timing, **changes: Any) -> Administration:
    return replace(Administration("alpha", "alpha", Route.IV, timing, RECORD), **changes)


def states(**visits: Visit) -> Protocol:
    """With other follow-up visits."""
    return arm(states=tuple(replace(s, visit=visits.get(s.key.removeprefix("follow_up."), s.visit)) for s in STATES))


def exits(trigger: str, **changes: Any) -> Protocol:
    return arm(exits=tuple(replace(path, **changes) if path.trigger == trigger else path for path in EXITS))


def cycle_guards(*guards: Any) -> Protocol:
    return arm(cycle_guards=(*ARM.cycle_guards, *guards))


def first_rule(**changes: Any) -> Protocol:
    return toy(toxicity_rules=(replace(TOY.toxicity_rules[0], **changes), *TOY.toxicity_rules[1:]))


def second_rule(**changes: Any) -> Protocol:
    return toy(toxicity_rules=(*TOY.toxicity_rules[:1], replace(TOY.toxicity_rules[1], **changes)))


def reading(**changes: Any) -> Protocol:
    return toy(readings=(replace(TOY.readings[0], **changes),))


def criteria(*more: Criterion) -> Protocol:
    return toy(criteria=(*TOY.criteria, *more))


def part(id: str, parent: str | None) -> Criterion:
    return Criterion(id, CriterionKind.PART, "has one of these", RECORD, parent=parent)


def met_by(*alternatives: tuple[str, ...]) -> Protocol:
    return toy(criteria=(TOY.criteria[0], replace(TOY.criteria[1], met_by=alternatives), *TOY.criteria[2:]))


def permissions(*more: Permission, without: str = "") -> Protocol:
    return toy(permissions=(*(p for p in TOY.permissions if p.action != without), *more))


def permissions_of(protocol: Protocol, *more: Permission) -> Protocol:
    return replace(protocol, permissions=(*protocol.permissions, *more))


LIMBO = State("limbo", "Limbo")

# ── P000: not to be read ───────────────────────────────────────────────────────────────────────────────────────────


@breaks("P000")
def an_exit_that_is_no_exit() -> Protocol:
    return exits("screen_failure", leaves=None)


# ── P001-P007: the path ────────────────────────────────────────────────────────────────────────────────────────────


@breaks("P001")
def nothing_leads_here() -> Protocol:
    return arm(states=(*STATES, LIMBO), steps=(*STEPS, Step("close_study", "limbo", "off_study", "The study ends")))


@breaks("P002")
def nothing_leads_on() -> Protocol:
    return arm(states=(*STATES, LIMBO), steps=(*STEPS, Step("visit", "screening", "limbo", "Get lost")))


@breaks("P002")
def nothing_is_final() -> Protocol:
    return arm(states=tuple(replace(state, final=False) for state in STATES))


@breaks("P003")
def no_exit_for_withdrawal() -> Protocol:
    return exits("withdraw", purpose=Purpose.OTHER)


@breaks("P003")
def progression_stays_in_treatment() -> Protocol:
    return arm(
        exits=tuple(
            replace(path, target="maintenance") if path.purpose is Purpose.PROGRESSION else path for path in EXITS
        )
    )


@breaks("P004")
def two_ways_to_register() -> Protocol:
    return arm(steps=(*STEPS, Step("register", "screening", "off_study", "Register nowhere")))


@breaks("P004")
def two_exits_of_one_name() -> Protocol:
    return arm(exits=(*EXITS, EXITS[0]))


@breaks("P005")
def back_from_the_end() -> Protocol:
    return arm(steps=(*STEPS, Step("register", "off_study", "screening", "Begin again")))


@breaks("P006")
def treatment_goes_round() -> Protocol:
    return phase(MAINTENANCE, then="induction", end=None, readings=("A1",))


@breaks("P007")
def calendar_end_before_the_last_phase() -> Protocol:
    return phase(CONSOLIDATION, end=CalendarEnd(1, RECORD))


# ── P010-P014: names ───────────────────────────────────────────────────────────────────────────────────────────────


@breaks("P010")
def a_position_twice() -> Protocol:
    return cycle(CONSOLIDATION, 1, position=2)


@breaks("P010")
def a_position_left_out() -> Protocol:
    return cycle(MAINTENANCE, 2, position=7)


@breaks("P011")
def a_number_twice_in_a_phase() -> Protocol:
    return cycle(CONSOLIDATION, 1, number=2)


@breaks("P011")
def a_state_twice() -> Protocol:
    return arm(states=(*STATES, STATES[-1]))


@breaks("P012")
def a_label_that_two_cycles_bear() -> Protocol:
    return phase(INDUCTION, then=ByLabel("2"))


@breaks("P012")
def a_label_that_no_cycle_bears() -> Protocol:
    return phase(CONSOLIDATION, then=ByLabel("9"))


@breaks("P013")
def two_agents_of_one_key() -> Protocol:
    return toy(agents=(*TOY.agents, TOY.agents[0]))


@breaks("P013")
def two_readings_of_one_id() -> Protocol:
    return toy(readings=TOY.readings * 2)


@breaks("P013")
def two_criteria_of_one_id() -> Protocol:
    return criteria(TOY.criteria[0])


@breaks("P013")
def two_administrations_of_one_key() -> Protocol:
    return first_cycle(given(OnDays((1,))), given(OnDays((2,))))


@breaks("P013")
def a_state_named_as_a_phase() -> Protocol:
    return arm(
        states=(State("induction", "Not induction"), *STATES),
        steps=(Step("register", "induction", "screening", "Begin"), *STEPS),
    )


@breaks("P014")
def a_state_in_capitals() -> Protocol:
    return arm(
        states=(*STATES, State("Limbo", "Limbo")),
        steps=(
            *STEPS,
            Step("visit", "screening", "Limbo", "Get lost"),
            Step("close_study", "Limbo", "off_study", "The study ends"),
        ),
    )


@breaks("P014")
def a_cycle_trigger_in_words() -> Protocol:
    return permissions_of(arm(cycle_trigger="Next cycle"), Permission("Next cycle", ("coordinator",)))


@breaks("P014")
def a_role_in_capitals() -> Protocol:
    return toy(roles=(*TOY.roles, Role("Nurse", "Nurse")))


@breaks("P013")
def a_role_twice() -> Protocol:
    return toy(roles=(*TOY.roles, TOY.roles[0]))


@breaks("P013")
def a_hold_code_twice() -> Protocol:
    return toy(hold_codes=("infection", "infection"))


@breaks("P013")
def a_deviation_twice() -> Protocol:
    return toy(deviations=(*TOY.deviations, replace(TOY.deviations[0], reasons=())))


# ── P020-P027: time ────────────────────────────────────────────────────────────────────────────────────────────────


@breaks("P020")
def due_before_it_opens() -> Protocol:
    return cycle(INDUCTION, 0, length=Window(28, 21))


@breaks("P020")
def open_before_its_anchor() -> Protocol:
    return states(day_30=Visit(30, 14, RECORD, SITE, days=30))


@breaks("P020")
def an_infusion_shorter_than_itself() -> Protocol:
    return first_cycle(given(OnDays((1,)), steps=(InfusionTime(60, 30),)))


@breaks("P021")
def twice_on_day_8() -> Protocol:
    return first_cycle(given(OnDays((1, 8))), given(OnOneOf((8, 9)), key="alpha again"))


@breaks("P021")
def twice_during_an_infusion() -> Protocol:
    return first_cycle(given(Continuously(1, 14)), given(OnDays((14,)), key="alpha again"))


@breaks("P021")
def a_day_listed_twice() -> Protocol:
    return first_cycle(given(OnDays((1, 1))))


@breaks("P021")
def eight_days_every_week() -> Protocol:
    return phase(MAINTENANCE, administrations=(given(ByCalendar(Every.WEEK, 1, run_days=8)),))


@breaks("P022")
def the_next_visit_opens_too_early() -> Protocol:
    return states(day_30=Visit(7, 90, RECORD, SITE, days=30))


@breaks("P022")
def a_repeated_visit_opens_too_early() -> Protocol:
    return states(long_term=Visit(14, 98, RECORD, SITE, months=4))


@breaks("P023")
def due_after_days_and_after_months() -> Protocol:
    return states(long_term=Visit(14, 28, RECORD, SITE, days=120, months=4))


@breaks("P023")
def due_at_no_time() -> Protocol:
    return states(long_term=Visit(14, 28, RECORD, SITE))


@breaks("P024")
def before_day_1() -> Protocol:
    return first_cycle(given(OnDays((0, 1))))


@breaks("P024")
def after_the_earliest_end() -> Protocol:
    return first_cycle(given(OnDays((22,))))


@breaks("P024")
def an_infusion_into_the_next_cycle() -> Protocol:
    return first_cycle(given(Continuously(1, 22)))


@breaks("P025")
def by_the_calendar_in_a_cycle() -> Protocol:
    return first_cycle(given(ByCalendar(Every.WEEK, 1)))


@breaks("P025")
def by_the_day_in_a_phase() -> Protocol:
    return phase(MAINTENANCE, administrations=(given(OnDays((1,))),))


@breaks("P026")
def two_years_in_a_phase_of_one() -> Protocol:
    return phase(MAINTENANCE, administrations=(given(ByCalendar(Every.WEEK, 2)),))


@breaks("P027")
def on_no_day() -> Protocol:
    return first_cycle(given(OnDays(())))


@breaks("P027")
def no_times_a_day() -> Protocol:
    return first_cycle(given(OnDays((1,), times_a_day=0)))


# ── P030-P038: references ──────────────────────────────────────────────────────────────────────────────────────────


@breaks("P030")
def an_exit_to_nowhere() -> Protocol:
    return exits("lost_to_follow_up", target="nowhere")


@breaks("P030")
def an_exit_from_nowhere() -> Protocol:
    return exits("screen_failure", leaves=("screening", "nowhere"))


@breaks("P030")
def a_step_from_nowhere() -> Protocol:
    return arm(steps=(*STEPS, Step("visit", "nowhere", "off_study", "Appear")))


@breaks("P030")
def the_next_phase_is_nowhere() -> Protocol:
    return phase(CONSOLIDATION, then="nowhere")


@breaks("P031")
def an_administration_of_an_unknown_agent() -> Protocol:
    return first_cycle(given(OnDays((1,)), agent="gamma"))


@breaks("P031")
def a_rule_for_an_unknown_agent() -> Protocol:
    return first_rule(agent="gamma")


@breaks("P032")
def a_rule_for_an_unknown_term() -> Protocol:
    return first_rule(terms=("hiccups",))


@breaks("P033")
def an_unknown_reading() -> Protocol:
    return first_cycle(given(OnDays((1,)), readings=("A9",)))


@breaks("P034")
def an_unknown_route() -> Protocol:
    return arm(routes=("IN01", "IN09"))


@breaks("P034")
def an_inclusion_for_a_route() -> Protocol:
    return arm(routes=("IN02",))


@breaks("P034")
def an_unknown_parent() -> Protocol:
    return criteria(part("IN03", parent="IN09"))


@breaks("P035")
def a_response_after_an_unknown_phase() -> Protocol:
    return cycle_guards(NoProgression(RECORD, response_after="nowhere"))


@breaks("P035")
def within_an_unknown_phase() -> Protocol:
    return cycle_guards(WithinPeriod(RECORD, "nowhere", 3))


@breaks("P035")
def the_end_of_a_phase_without_end() -> Protocol:
    return cycle_guards(PeriodEnded(RECORD, "induction", 3))


@breaks("P036")
def a_permission_for_nothing() -> Protocol:
    return permissions(Permission("dance", TOY.permissions[0].roles))


@breaks("P037")
def a_cycle_trigger_that_nobody_may_ask_for() -> Protocol:
    return arm(cycle_trigger="next_cycle")


@breaks("P037")
def a_trigger_without_permission() -> Protocol:
    return permissions(without="death")


@breaks("P037")
def a_permission_for_no_role() -> Protocol:
    return permissions(Permission("start_cycle", ()), without="start_cycle")


@breaks("P038")
def a_cycle_that_does_not_run() -> Protocol:
    return exits("screen_failure", guards=(CycleInterval(RECORD),))


@breaks("P038")
def a_visit_that_nothing_waits_for() -> Protocol:
    return cycle_guards(VisitInterval(RECORD))


# ── P040-P044: sources and readings ────────────────────────────────────────────────────────────────────────────────


@breaks("P040")
def a_cycle_from_nowhere() -> Protocol:
    return cycle(INDUCTION, 0, source=replace(RECORD, cite=" "))


@breaks("P040")
def no_source_at_all() -> Protocol:
    return phase(INDUCTION, source=None)


@breaks("P040")
def a_limit_from_nowhere() -> Protocol:
    return cycle_guards(NoUnacceptableToxicity(RECORD, open_grade=3))


@breaks("P040")
def in_force_and_nobody_says_so() -> Protocol:
    return arm(in_force_from=date(2021, 1, 1))


@breaks("P041")
def a_dose_in_the_record() -> Protocol:
    return first_cycle(given(OnDays((1,)), dose=Dose("1.5", "mg", RECORD)))


@breaks("P042")
def one_option() -> Protocol:
    return reading(options=TOY.readings[0].options[:1])


@breaks("P042")
def the_same_option_twice() -> Protocol:
    return reading(options=(Option("calendar", "one way"), Option("calendar", "another way")))


@breaks("P042")
def taken_from_elsewhere() -> Protocol:
    return reading(taken="neither")


@breaks("P043")
def a_reading_that_nothing_rests_on() -> Protocol:
    unused: Reading = replace(TOY.readings[0], id="A2")
    return toy(readings=(*TOY.readings, unused))


@breaks("P044")
def an_exit_for_no_reason() -> Protocol:
    return exits("relapse", codes=())


# ── P050-P055: values ──────────────────────────────────────────────────────────────────────────────────────────────


@breaks("P050")
def nine_characters() -> Protocol:
    return criteria(replace(TOY.criteria[-1], id="EX0000003"))


@breaks("P050")
def a_criterion_in_lower_case() -> Protocol:
    return criteria(replace(TOY.criteria[-1], id="ex03"))


@breaks("P051")
def a_part_of_nothing() -> Protocol:
    return criteria(part("IN03", parent=None))


@breaks("P051")
def each_the_parent_of_the_other() -> Protocol:
    return criteria(part("IN03", parent="IN04"), part("IN04", parent="IN03"))


@breaks("P052")
def no_pattern() -> Protocol:
    return toy(patient_id="[A-Z")


@breaks("P053")
def a_dose_in_words() -> Protocol:
    return first_cycle(given(OnDays((1,)), dose=Dose("a little", "mg", SITE)))


@breaks("P053")
def no_platelets_needed() -> Protocol:
    return cycle_guards(replace(COUNTS, platelets="0"))


@breaks("P054")
def grade_6() -> Protocol:
    return first_rule(grade=6)


@breaks("P054")
def held_until_it_is_worse() -> Protocol:
    return second_rule(until_grade=3)


@breaks("P054")
def stopped_for_good_for_a_while() -> Protocol:
    return first_rule(until_grade=0)


@breaks("P055")
def over_before_it_began() -> Protocol:
    return toy(study_end=date(2019, 12, 31))


@breaks("P056")
def in_force_before_the_study() -> Protocol:
    return toy(in_force_from=date(2019, 12, 31))


@breaks("P056")
def an_arm_in_force_after_the_study() -> Protocol:
    return arm(in_force_from=date(2031, 1, 1), in_force_source=SITE)


@breaks("P057")
def an_edition_before_the_first() -> Protocol:
    return toy(edition=0)


# ── P060-P065: what is declared ────────────────────────────────────────────────────────────────────────────────────


@breaks("P060")
def a_permission_for_a_role_that_nobody_has() -> Protocol:
    return permissions(Permission("death", ("nurse",)), without="death")


@breaks("P061")
def an_auditor_of_its_own() -> Protocol:
    return toy(roles=(*TOY.roles, Role("auditor", "Auditor")))


@breaks("P062")
def a_reason_that_makes_two_kinds() -> Protocol:
    return toy(deviations=(*TOY.deviations, DeviationKind("wrong_dose", "Another dose", ("dose.held",))))


@breaks("P063")
def met_by_another_criterion() -> Protocol:
    return met_by(("IN02A", "EX01"))


@breaks("P063")
def met_by_nothing() -> Protocol:
    return met_by(())


@breaks("P063")
def met_by_a_part_that_is_made_of_parts() -> Protocol:
    parts = (part("IN03", parent="IN02A"), replace(TOY.criteria[2], met_by=(("IN03",),)))
    return toy(criteria=(*TOY.criteria[:2], *parts, *TOY.criteria[3:]))


@breaks("P064")
def a_trigger_named_as_a_fact() -> Protocol:
    return arm(cycle_trigger="dose")


@breaks("P064")
def a_trigger_named_as_an_action() -> Protocol:
    return arm(exits=(*EXITS, replace(EXITS[1], trigger="override")))


@breaks("P065")
def a_hold_for_no_reason() -> Protocol:
    return toy(hold_codes=())


# ── the tests ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sound_protocol_has_no_findings() -> None:
    assert lint(toy()) == ()


@pytest.mark.parametrize(("code", "make"), CASES)
def test_each_defect_is_found_and_nothing_else(code: str, make: Callable[[], Protocol]) -> None:
    findings = lint(make())
    assert {finding.code for finding in findings} == {code}, findings


def test_every_finding_has_a_protocol_that_shows_it() -> None:
    assert {case.values[0] for case in CASES} == set(CHECKS)


def test_which_facts_there_are_is_told() -> None:
    unknown = analysis.lint(toy(), ["dose"])
    assert {finding.code for finding in unknown} == {"P036"}
    assert {finding.where for finding in unknown} == {
        f"permission {kind.PERMISSION or kind.KIND}" for kind in BY_KIND.values() if kind.KIND != "dose"
    }


def test_a_code_and_its_family_may_make_two_kinds() -> None:
    kinds = (DeviationKind("one", "One", ("dose",)), DeviationKind("other", "Other", ("dose.held",)))
    protocol = toy(deviations=kinds)
    assert lint(protocol) == ()
    said = {code: protocol.deviation(code) for code in ("dose.held", "dose.not_in_arm", "hold.open")}
    assert said == {"dose.held": kinds[1], "dose.not_in_arm": kinds[0], "hold.open": None}


def test_several_defects_are_reported_at_once() -> None:
    broken = replace(
        exits("relapse", codes=()),
        patient_id="[A-Z",
        readings=(*TOY.readings, replace(TOY.readings[0], id="A2")),
    )
    assert [finding.code for finding in lint(broken)] == ["P043", "P044", "P052"]


def test_what_cannot_be_read_hides_nothing_else() -> None:
    broken = replace(exits("screen_failure", leaves=None), patient_id="[A-Z")
    assert [finding.code for finding in lint(broken)] == ["P000", "P052"]


@pytest.mark.parametrize("field", [field.name for field in fields(TOY)])
def test_a_protocol_with_nothing_in_a_field_is_answered(field: str) -> None:
    assert isinstance(lint(toy(**{field: None})), tuple)


@pytest.mark.parametrize("field", [field.name for field in fields(ARM)])
def test_an_arm_with_nothing_in_a_field_is_answered(field: str) -> None:
    assert isinstance(lint(arm(**{field: None})), tuple)


def test_a_defect_of_one_arm_is_told_from_the_others() -> None:
    findings = lint(toy(arms=(ARM, replace(ARM, key="B", routes=("IN09",)))))
    assert [(finding.code, finding.where) for finding in findings] == [("P034", "arm B")]


def test_a_finding_says_where_it_is() -> None:
    (finding,) = lint(first_cycle(given(OnDays((22,)))))
    assert finding.slug == "outside-cycle"
    assert finding.where == "arm A/induction/cycle 1/alpha"
    assert finding.message == "is given on day 22, and the cycle may end after day 21"


def test_an_infusion_may_last_to_the_last_day_of_its_cycle() -> None:
    assert lint(first_cycle(given(Continuously(1, 21)))) == ()


def test_many_states_with_one_defect_make_one_finding() -> None:
    (finding,) = lint(exits("withdraw", purpose=Purpose.OTHER))
    assert finding.message == "no exit for withdrawal from treatment.induction.1 and 5 more"


def test_slugs_are_unique_and_meanings_are_sentences() -> None:
    slugs = [check.slug for check in CHECKS.values()]
    assert len(set(slugs)) == len(slugs)
    for check in CHECKS.values():
        assert check.meaning[0].isupper()
        assert check.meaning.endswith(".")
