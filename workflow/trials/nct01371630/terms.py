"""The adverse event terms of this trial: CTCAE version 5.0, under its system organ classes, with the words people type.

Only terms that matter here are listed; ``other`` takes the rest, with the event named in the note. Haematological are
the disorders of blood and lymph and the counts of blood cells.
"""

from __future__ import annotations

from workflow.protocol.model import Term

BLOOD = "Blood and lymphatic system disorders"
CARDIAC = "Cardiac disorders"
GASTROINTESTINAL = "Gastrointestinal disorders"
GENERAL = "General disorders and administration site conditions"
HEPATOBILIARY = "Hepatobiliary disorders"
IMMUNE = "Immune system disorders"
INFECTIONS = "Infections and infestations"
INJURY = "Injury, poisoning and procedural complications"
INVESTIGATIONS = "Investigations"
METABOLISM = "Metabolism and nutrition disorders"
MUSCULOSKELETAL = "Musculoskeletal and connective tissue disorders"
NEOPLASMS = "Neoplasms benign, malignant and unspecified (incl cysts and polyps)"
NERVOUS = "Nervous system disorders"
PSYCHIATRIC = "Psychiatric disorders"
RENAL = "Renal and urinary disorders"
RESPIRATORY = "Respiratory, thoracic and mediastinal disorders"
SKIN = "Skin and subcutaneous tissue disorders"
VASCULAR = "Vascular disorders"


def _term(title: str, system: str, *synonyms: str, haematological: bool = False) -> Term:
    key = title.lower().replace("-", "_").replace(" ", "_")
    return Term(key, title, system, haematological, synonyms)


def _blood(title: str, *synonyms: str, system: str = BLOOD) -> Term:
    return _term(title, system, *synonyms, haematological=True)


TERMS = (
    # blood and its cells
    _blood("Anemia", "anaemia", "low hemoglobin", "low haemoglobin"),
    _blood("Disseminated intravascular coagulation", "dic"),
    _blood("Febrile neutropenia", "neutropenic fever", "fn"),
    _blood("Lymphocyte count decreased", "lymphopenia", system=INVESTIGATIONS),
    _blood("Neutrophil count decreased", "neutropenia", "low anc", system=INVESTIGATIONS),
    _blood("Platelet count decreased", "thrombocytopenia", "low platelets", system=INVESTIGATIONS),
    _blood("White blood cell decreased", "leukopenia", "leucopenia", "low wbc", system=INVESTIGATIONS),
    # liver
    _term(
        "Sinusoidal obstruction syndrome",
        HEPATOBILIARY,
        *("sos", "vod", "sos/vod", "vod/sos"),
        *("veno-occlusive disease", "venoocclusive disease", "hepatic veno-occlusive disease"),
    ),
    _term("Hepatic failure", HEPATOBILIARY, "liver failure"),
    _term("Alanine aminotransferase increased", INVESTIGATIONS, "alt", "alt increased", "sgpt"),
    _term("Aspartate aminotransferase increased", INVESTIGATIONS, "ast", "ast increased", "sgot"),
    _term("Blood bilirubin increased", INVESTIGATIONS, "bilirubin", "hyperbilirubinemia", "jaundice"),
    # immune system, infusions
    _term("Cytokine release syndrome", IMMUNE, "crs", "cytokine storm"),
    _term("Allergic reaction", IMMUNE, "hypersensitivity"),
    _term("Anaphylaxis", IMMUNE, "anaphylactic shock"),
    _term("Infusion related reaction", INJURY, "irr", "infusion reaction"),
    # nerves and mind
    _term("Encephalopathy", NERVOUS, "icans", "neurotoxicity", "blinatumomab neurotoxicity"),
    _term("Seizure", NERVOUS, "convulsion", "seizures"),
    _term("Ataxia", NERVOUS, "unsteady gait"),
    _term("Cognitive disturbance", NERVOUS, "cognitive impairment"),
    _term("Depressed level of consciousness", NERVOUS, "stupor", "coma"),
    _term("Dysarthria", NERVOUS, "slurred speech"),
    _term("Dysphasia", NERVOUS, "aphasia"),
    _term("Headache", NERVOUS),
    _term("Intracranial hemorrhage", NERVOUS, "cns bleed", "intracranial bleeding", "subdural hematoma"),
    _term("Leukoencephalopathy", NERVOUS),
    _term("Peripheral motor neuropathy", NERVOUS, "foot drop"),
    _term("Peripheral sensory neuropathy", NERVOUS, "neuropathy", "peripheral neuropathy"),
    _term("Stroke", NERVOUS, "cva"),
    _term("Syncope", NERVOUS, "fainting"),
    _term("Tremor", NERVOUS),
    _term("Confusion", PSYCHIATRIC),
    _term("Delirium", PSYCHIATRIC),
    # infections
    _term("Bacteremia", INFECTIONS, "bacteraemia", "bloodstream infection"),
    _term("Catheter related infection", INFECTIONS, "line infection", "clabsi"),
    _term("Cytomegalovirus infection reactivation", INFECTIONS, "cmv", "cmv reactivation"),
    _term("Enterocolitis infectious", INFECTIONS, "c. difficile", "c diff"),
    _term("Hepatitis B reactivation", INFECTIONS, "hbv reactivation"),
    _term("Lung infection", INFECTIONS, "pneumonia"),
    _term("Meningitis", INFECTIONS),
    _term("Sepsis", INFECTIONS, "septic shock", "septicemia"),
    _term("Shingles", INFECTIONS, "herpes zoster", "zoster"),
    _term("Skin infection", INFECTIONS, "cellulitis"),
    # heart, vessels, lungs, kidneys
    _term("Atrial fibrillation", CARDIAC, "af", "afib"),
    _term("Heart failure", CARDIAC, "chf", "congestive heart failure"),
    _term("Electrocardiogram QT corrected interval prolonged", INVESTIGATIONS, "qtc prolonged", "long qt"),
    _term("Capillary leak syndrome", VASCULAR, "cls"),
    _term("Hypertension", VASCULAR),
    _term("Hypotension", VASCULAR),
    _term("Thromboembolic event", VASCULAR, "dvt", "pe", "thrombosis", "pulmonary embolism"),
    _term("Dyspnea", RESPIRATORY, "dyspnoea", "shortness of breath"),
    _term("Pneumonitis", RESPIRATORY),
    _term("Respiratory failure", RESPIRATORY),
    _term("Acute kidney injury", RENAL, "aki", "renal failure"),
    _term("Creatinine increased", INVESTIGATIONS),
    # gut, metabolism
    _term("Diarrhea", GASTROINTESTINAL, "diarrhoea"),
    _term("Mucositis oral", GASTROINTESTINAL, "mucositis", "stomatitis"),
    _term("Nausea", GASTROINTESTINAL),
    _term("Pancreatitis", GASTROINTESTINAL),
    _term("Hyperglycemia", METABOLISM, "hyperglycaemia", "high blood sugar"),
    _term("Tumor lysis syndrome", METABOLISM, "tls", "tumour lysis syndrome"),
    # bones, muscles, skin, general
    _term("Avascular necrosis", MUSCULOSKELETAL, "avn", "osteonecrosis"),
    _term("Rash maculo-papular", SKIN, "rash"),
    _term("Fatigue", GENERAL, "tiredness"),
    _term("Fever", GENERAL, "pyrexia"),
    _term("Multi-organ failure", GENERAL, "mof"),
    # second malignancies
    _term(
        "Leukemia secondary to oncology chemotherapy",
        NEOPLASMS,
        "secondary leukemia",
        "secondary aml",
        "t-aml",
    ),
    _term("Myelodysplastic syndrome", NEOPLASMS, "mds", "t-mds"),
    _term("Treatment related secondary malignancy", NEOPLASMS, "second malignancy", "second cancer"),
    # anything else
    Term("other", "Other, specified in the note", "Any system organ class"),
)
