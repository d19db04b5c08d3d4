"""The patient was known to be alive on a day: in what state of disease, and how that is known."""

from __future__ import annotations

from workflow.engine.course import Definition
from workflow.engine.facts.check import one_of
from workflow.engine.facts.fact import Fact, Telling, When

DISEASE = ("in_remission", "with_disease", "unknown")
SOURCES = ("seen", "telephone", "letter", "other_hospital", "relative", "public_record")


class Contact(Fact, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Known alive on its day; ``disease`` is one of ``DISEASE``, ``source`` of ``SOURCES``.

    In every state: survival is counted to the last contact, also of those who left the study. None is dated after the
    patient was lost to follow-up or died: a contact after the loss is a loss that was not one.
    """

    KIND = "contact"
    TITLE = "contact"
    AFTER_STUDY = True

    disease: str
    source: str

    def words(self, definition: Definition) -> str:
        return f"alive, disease: {self.disease.replace('_', ' ')}; source: {self.source.replace('_', ' ')}"


def contact(when: When, disease: str, source: str) -> Contact:
    return Contact(*when, one_of(disease, DISEASE, "state of disease"), one_of(source, SOURCES, "source"))


def telling(disease: str, source: str) -> Telling:
    told = {"disease": disease, "source": source}
    return Telling(Contact.KIND, told, lambda _, __, when: contact(when, disease, source))
