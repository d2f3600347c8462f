"""The tables of a download, column by column: name, kind, unit and meaning, for files and for readers. Pure."""

from typing import Any, Literal

import msgspec

Kind = Literal["string", "integer", "number", "yes or no", "date"]

MISSING = ("", "suppressed")
"""What stands in a cell that has no value: nothing, or a figure that is hidden since it is about too few people."""

FROM_IMPORT = "the file named in waves.csv"
FROM_PROGRAMME = "the programme’s list of trusts"
FROM_DRAW = "the public draw of the pilots, as it was before anything was drawn"
FROM_KERNEL = "worked out from panel.csv"
FROM_PLAN = "sap.json"


class Column(msgspec.Struct, frozen=True):
    """One column of one file. `unit` is empty for names and codes; `scoring` says how a figure comes about."""

    name: str
    kind: Kind
    definition: str
    unit: str = ""
    scoring: str = ""
    source: str = FROM_KERNEL


_TRUST = Column("ods_code", "string", "the trust’s code in the Organisation Data Service", source=FROM_PROGRAMME)
_OUTCOME = Column("outcome", "string", "the measure, as it is called in the plan", source=FROM_PLAN)
_WAVE = Column("wave", "string", "the period of measurement, as it is called in waves.csv", source=FROM_IMPORT)
_ATT = Column("att", "number", "the effect on the trusts that were treated", "the outcome’s own unit")
_SE = Column("se", "number", "standard error of att; empty where it cannot be had", "the outcome’s own unit")
_LO = Column("lo", "number", "lower end of the interval that covers 1 − alpha", "the outcome’s own unit")
_HI = Column("hi", "number", "upper end of the interval that covers 1 − alpha", "the outcome’s own unit")
_BANDS = (
    Column("band_lo", "number", "lower end of the band that holds for all rows of the outcome at once", _LO.unit),
    Column("band_hi", "number", "upper end of the band that holds for all rows of the outcome at once", _HI.unit),
)


def _figures(*names: tuple[str, Kind, str, str], source: str = FROM_IMPORT) -> tuple[Column, ...]:
    return tuple(Column(name, kind, definition, unit, source=source) for name, kind, unit, definition in names)


TABLES: dict[str, tuple[Column, ...]] = {
    "trusts": (
        _TRUST,
        *_figures(
            ("name", "string", "", "the trust’s name"),
            ("arm", "string", "", "pilot or control, as assigned, whatever happened later"),
            ("set_id", "string", "", "the matched set within which the lottery drew; empty where there are no sets"),
            (
                "start_wave",
                "string",
                "",
                "the first wave that is not wholly before the start of a pilot, one for each outcome where their waves "
                "differ, with spaces between; empty for a control",
            ),
            ("type", "string", "", "the type of trust"),
            ("region", "string", "", "the NHS region, or its ODS code where only that is known"),
            ("icb", "string", "", "the integrated care board, by its ODS code"),
            ("cqc_overall", "string", "", "the Care Quality Commission’s last overall rating before the start"),
            ("cqc_well_led", "string", "", "the rating of “well-led” of the same publication"),
            ("cqc_date", "date", "", "when both were published; empty where they were given with the list of trusts"),
            ("fte", "number", "full-time equivalents", "staff, on the eligible list of the draw"),
            ("eligible", "yes or no", "", "on the eligible list of the draw; empty where no draw gave the arms"),
            ("withdrawn_on", "date", "", "the day on which the trust withdrew; it is still counted in its arm"),
            ("predecessors", "string", "", "codes of trusts that became this one, by way of others too"),
            ("starts_on", "date", "", "the day on which a pilot starts; empty for a control"),
            source=FROM_PROGRAMME,
        ),
    ),
    "waves": (
        _WAVE,
        *_figures(
            ("instrument", "string", "", "the survey or register; two instruments are never compared"),
            ("opens", "date", "", "the first day"),
            ("closes", "date", "", "the last day"),
            ("period_label", "string", "", "the period as it is shown"),
            ("source_file", "string", "", "a file that its values came from, each a row; or the survey held here"),
            ("source_sha256", "string", "", "its SHA-256 in hexadecimal digits"),
            ("vintage", "string", "", "when its publisher published it; vintages are never mixed"),
        ),
    ),
    "outcomes": (
        _OUTCOME,
        *_figures(
            ("instrument", "string", "", "the survey or register that it is measured by"),
            ("role", "string", "", "primary or secondary"),
            source=FROM_PLAN,
        ),
        *_figures(
            (
                "kind",
                "string",
                "",
                "score (a mean), rate (a share or a rate, shown in per cent) or count",
            ),
            (
                "unit",
                "string",
                "",
                "what 1 of it is, empty where that is not known; bends of the trend that the plan names are tried for "
                "the primary outcome and for those that have its unit",
            ),
            (
                "waves",
                "string",
                "",
                "all waves of which there are values, with spaces between, also those that the plan does not ask for",
            ),
            ("problem", "string", "", "why it is not estimated; empty where it is"),
        ),
    ),
    "panel": (
        _TRUST,
        _WAVE,
        _OUTCOME,
        *_figures(
            ("n_eligible", "integer", "people", "people entitled to answer; empty where nobody tells"),
            ("n_invited", "integer", "people", "people who were asked; empty where nobody tells"),
            ("n_resp", "integer", "people", "people who answered the survey at all; empty where nobody tells"),
            ("response_rate", "number", "share, 0 to 1", "n_resp / n_invited, or as its publisher gave it"),
            ("n_valid", "integer", "people", "answers behind this value"),
            (
                "n_eff",
                "number",
                "people",
                "effective number, (Σw)² / Σw²; hidden where a staff group has too few scores",
            ),
            (
                "mean_w",
                "number",
                "the outcome’s own unit",
                "mean weighted by staff group for non-response, of surveys held in this system; estimates are worked "
                "out from it where it is there, else from mean_unw",
            ),
            (
                "mean_unw",
                "number",
                "the outcome’s own unit",
                "rate, count, or mean as its publisher gave it; beside mean_w the plain mean of the same answers, "
                "hidden where a staff group has too few scores",
            ),
            ("se", "number", "the outcome’s own unit", "standard error of mean_w; empty below 30 answers"),
            ("suppressed", "yes or no", "", "whether a figure of this row is hidden"),
            ("suppression_reason", "string", "", "why it is hidden"),
        ),
    ),
    "retention": (
        _TRUST,
        *_figures(
            ("month", "string", "", "the month, as 2027-03"),
            ("staff_group", "string", "", "“all” for everybody; “other groups” had too few people at some time"),
            ("headcount_start", "integer", "people", "staff in post on the first day"),
            ("headcount_end", "integer", "people", "staff in post after the last day"),
            ("leavers", "integer", "people", "staff who left the trust, whatever the reason"),
            ("leavers_to_nhs", "integer", "people", "of these, to another NHS organisation"),
            ("retired", "integer", "people", "of these, retired"),
            ("joiners", "integer", "people", "staff who joined"),
            ("leaver_rate", "number", "share, 0 or more", "leavers / mean of headcount at start and end"),
            ("stability", "number", "share, 0 to 1", "staff in post at the start and still at the end / at the start"),
        ),
    ),
    "dose": (
        _TRUST,
        _WAVE,
        *_figures(
            ("meetings_planned", "integer", "meetings", "council meetings planned"),
            ("meetings_held", "integer", "meetings", "council meetings held"),
            ("quorate", "integer", "meetings", "meetings with enough members"),
            ("ballots", "integer", "ballots", "secret ballots declared"),
            ("eligible_voters", "integer", "people", "people on their lists of voters"),
            ("votes", "integer", "papers", "papers cast"),
            ("proposals", "integer", "proposals", "proposals put to a vote"),
            ("adopted", "integer", "proposals", "of these, carried"),
            ("implemented_90d", "integer", "proposals", "of these, delivered within 90 days"),
            ("responses_due", "integer", "answers", "answers of the board that were due"),
            ("responses_on_time", "integer", "answers", "of these, given on time"),
            ("compliant", "yes or no", "", "whether the trust did what the plan calls a pilot"),
            source="council life in this system",
        ),
    ),
    "balance": _figures(
        ("covariate", "string", "", "what was known of the trusts before the draw"),
        ("mean_pilot", "number", "the covariate’s own unit", "mean over pilots"),
        ("mean_control", "number", "the covariate’s own unit", "mean over controls"),
        ("smd", "number", "standard deviations", "standardised difference; above 0.25 in size is flagged"),
        ("variance_ratio", "number", "", "variance of pilots / variance of controls"),
        (
            "before_after",
            "string",
            "",
            "before: against all other eligible trusts; after: against controls of their sets",
        ),
        source=FROM_DRAW,
    ),
    "att_gt": (
        _OUTCOME,
        Column("group", "integer", "the first treated period of the units that started together"),
        Column("wave", "integer", "the period that is compared with the last one before their start"),
        _ATT,
        _SE,
        _LO,
        _HI,
        *_BANDS,
        Column("n_treated", "integer", "units of the group", "trusts"),
        Column("n_control", "integer", "units that it is compared with", "trusts"),
    ),
    "event_study": (
        _OUTCOME,
        Column("event_time", "integer", "periods since the start; 0 is the first treated one", "periods"),
        _ATT,
        _SE,
        _LO,
        _HI,
        *_BANDS,
        Column("n_trusts", "integer", "units that the figure is worked out from", "trusts"),
    ),
    "estimates": (
        _OUTCOME,
        Column(
            "estimand",
            "string",
            "simple, dynamic, group or calendar: how effects are averaged; “response rate”: the effect on the response "
            "rate behind the outcome, a share; “log rate ratio” and “rate difference” of leavers as counts: exp(att) "
            "times as many, and leavers per person and period; “type: …” or “region: …”: among these trusts alone",
        ),
        Column("estimator", "string", "did, ancova, callaway-santanna, twfe, sdid or leavers-as-counts"),
        Column("spec_id", "string", "which plan, and which version, the estimate belongs to", source=FROM_PLAN),
        Column("status", "string", "prespecified, amended or exploratory", source=FROM_PLAN),
        _ATT,
        Column("att_sd_units", "number", "att / standard deviation over units of the mean before", "sd"),
        _SE,
        Column("df", "number", "degrees of freedom of the error beside the test"),
        _LO,
        _HI,
        Column("p_perm", "number", "p-value of the studentised permutation over the sets", "0 to 1"),
        Column("p_bm", "number", "p-value with the degrees of freedom of Bell and McCaffrey", "0 to 1"),
        Column("p_wcr", "number", "p-value of the wild cluster bootstrap, null imposed", "0 to 1"),
        Column("p_holm", "number", "p-value adjusted over the secondary outcomes by Holm", "0 to 1"),
        Column("p_rw", "number", "p-value adjusted over the secondary outcomes by Romano and Wolf", "0 to 1"),
        Column("n_trusts_t", "integer", "pilot units in the estimate", "trusts"),
        Column("n_trusts_c", "integer", "control units in the estimate", "trusts"),
        Column(
            "n_resp",
            "integer",
            "answers of the trusts that the estimate uses: the sum of n_valid; empty for parts of the trusts",
            "people",
        ),
        Column("seed", "integer", "the seed of every draw", source=FROM_PLAN),
        Column("n_perm", "integer", "allocations that the test looked at"),
    ),
    "sensitivity": (
        _OUTCOME,
        Column(
            "method",
            "string",
            "what is assumed differently; “tipping point”: those who did not answer changed by another amount; "
            "“smoothness”: the difference in trends bends from one wave to the next",
        ),
        Column(
            "parameter",
            "string",
            "how much of it; of a tipping point, how much more the pilots’ silent staff changed: 0, and "
            "−att / (1 − the pilots’ response rate after the start), at which no effect is left; of smoothness, the "
            "bends of the plan for outcomes in the unit of the primary one (outcomes.csv), else 0 to 2 times the "
            "standard error of the first effect, by quarters",
        ),
        _LO,
        _HI,
        Column("includes_zero", "yes or no", "whether the interval includes 0"),
        Column("breakdown", "string", "the parameter from which on the interval includes 0"),
    ),
    "placebo": (
        _OUTCOME,
        Column("kind", "string", "in time, in space, or a unit left out"),
        Column("shift_or_unit", "string", "the false start, or the unit"),
        _ATT,
        _SE,
        Column("p", "number", "p-value of the same test", "0 to 1"),
    ),
    "power": _figures(
        ("outcome", "string", "", "the baseline measure of the draw"),
        ("n_t", "integer", "trusts", "pilots"),
        ("n_c", "integer", "trusts", "controls"),
        ("sd_change", "number", "the outcome’s own unit", "standard deviation over trusts of the change"),
        ("source", "string", "", "where that is from, and whether sets are compared in the place of trusts"),
        ("mde", "number", "the outcome’s own unit", "smallest effect found with 80% power at 5%"),
        source=FROM_DRAW,
    ),
    "flow": (
        Column("stage", "string", "eligible, in a matched set, assigned, measured, measured in every period"),
        Column("arm", "string", "pilot or control; empty before the draw"),
        Column("n_trusts", "integer", "trusts at this stage", "trusts"),
        Column("n_staff", "integer", "their staff on the eligible list, rounded", "full-time equivalents"),
        Column("reason", "string", "why trusts were lost on the way here"),
    ),
    "draws": (
        Column("draw", "integer", "the number of a draw that was announced for trusts of the study: /draws/number"),
        Column("title", "string", "what it is called"),
        Column("list_sha256", "string", "the fingerprint of its list of trusts that could be drawn"),
        Column("n_trusts", "integer", "trusts of the study that stood on that list", "trusts"),
        Column("beacon_source", "string", "which number was to be its beacon"),
        Column("announced_on", "date", "the day on which that was said"),
        Column("known_on", "date", "the day on which the number became known"),
        Column("drawn_on", "date", "the day of the draw; empty where nothing was drawn"),
        Column("beacon", "string", "the number, in its one spelling"),
        Column("seed", "string", "the SHA-256 from which it was drawn"),
        Column("used", "string", "yes where it gave the study its arms, else no"),
        Column("given_up_because", "string", "why it was given up; empty where it was not"),
    ),
}
"""Every table of the download by the name of its file, without .csv."""

CODEBOOK = ("file", "column", "type", "unit", "definition", "scoring", "source", "missing_codes")


def columns(table: str) -> tuple[str, ...]:
    """The names of a table's columns, in their order."""
    return tuple(column.name for column in TABLES[table])


def lines() -> list[tuple[str, ...]]:
    """The rows of codebook.csv, which names every column of every file."""
    codes = " or ".join(f"“{code}”" if code else "empty" for code in MISSING)
    return [
        (f"{table}.csv", c.name, c.kind, c.unit, c.definition, c.scoring, c.source, codes)
        for table, held in TABLES.items()
        for c in held
    ]


_SCHEMA: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "yes or no": {"type": "boolean", "trueValues": ["yes"], "falseValues": ["no"]},
    "date": {"type": "date"},
}


def schema(table: str) -> dict[str, Any]:
    """The table's schema as Frictionless Table Schema names it."""
    fields = [{"name": c.name, "description": c.definition, **_SCHEMA[c.kind]} for c in TABLES[table]]
    return {"fields": fields, "missingValues": list(MISSING)}
