//! Jailbreaks, injections and indirect injections of the fact sheet (control-plane.md §10.2).

use super::{Written, written};
use crate::guardrail::detection::Category::{Injection, Jailbreak};

pub(super) const RULES: &[Written] = &[
    written(
        "jb-001",
        0.95,
        Jailbreak,
        "ignore previous instructions",
        &[
            "!@ignore ..26 @earlier ..16 @orders",
            "!@ignore ..16 instructions|rules|orders|guidelines|directives|prompt ..16 above|before|earlier|previously|far",
            "!@ignore ..24 @orders ..3 @earlier",
        ],
    ),
    written(
        "jb-002",
        0.85,
        Jailbreak,
        "pretend to be another model or persona",
        &[
            "pretend ..6 you|youre|be|being ..8 a|an|the|are|re|youre ..16 @persona",
            "pretend ..6 you|youre|be|being ..3 @persona",
            "pretend ..6 you|to ..12 not ..12 @persona",
        ],
    ),
    written(
        "jb-003",
        0.95,
        Jailbreak,
        "act as DAN",
        &[
            "act|acting|respond|answer|behave|speak|operate|roleplay as|like ..6 dan",
            "you|youre ..12 dan ..10 do_anything",
            "dan_mode",
        ],
    ),
    written(
        "jb-004",
        0.9,
        Jailbreak,
        "do anything now",
        &["!do anything now"],
    ),
    written(
        "jb-005",
        0.9,
        Jailbreak,
        "developer mode enabled",
        &[
            "developer|dev mode enabled|activated|unlocked|engaged|active|initiated|confirmed",
            "developer|dev mode ..3 is|now|: ..8 @enabled",
            "developer|dev mode on ..6 you|answer|and|now|from|respond|for|all|output",
            "@enable ..10 developer|dev mode ..30 you|your|answer|respond|unrestricted",
            "with|in ..4 developer|dev mode ..6 enabled|activated|on ..30 you|answer|reply|respond|chatgpt",
        ],
    ),
    written(
        "jb-006",
        0.8,
        Jailbreak,
        "you are now in another mode or persona",
        &[
            "you|youre|are ..5 now ..20 @unbound",
            "you|youre ..5 now ..12 @mode mode",
            "you_are_now|youre_now ..8 @persona",
        ],
    ),
    written(
        "jb-007",
        0.85,
        Jailbreak,
        "new instructions:",
        &["new|updated|revised|real|actual instructions :"],
    ),
    written(
        "jb-008",
        0.8,
        Jailbreak,
        "jailbreak attempt",
        &[
            "jailbreak attempt|yourself|mode|activated|enabled|successful|complete|initiated|engaged",
            "you|youre|are ..8 jailbroken",
        ],
    ),
    written(
        "jb-009",
        0.9,
        Jailbreak,
        "bypass restrictions",
        &[
            "!bypass|circumvent|evade|sidestep|override ..3 restrictions|limitations|safeguards|guardrails",
            "!bypass|circumvent|evade|sidestep|override all|any|your|every|these|those|safety|ethical|moral|content ..16 restrictions|limitations|safeguards|guardrails|constraints|guidelines",
        ],
    ),
    written(
        "jb-010",
        0.85,
        Jailbreak,
        "unlimited mode",
        &[
            "unlimited|limitless|unfiltered|uncensored|lawless mode",
            "unrestricted mode ..6 @enabled|now|you|and",
            "@enable|into|in|enter ..8 unrestricted mode",
        ],
    ),
    written(
        "inj-001",
        0.9,
        Injection,
        "disregard the above",
        &[
            "!disregard|ignore ..14 above|foregoing|preceding|aforementioned",
            "!disregard|ignore ..8 everything|anything|all ..20 above|before|earlier|prior|previously",
        ],
    ),
    written(
        "inj-002",
        0.9,
        Injection,
        "forget everything before",
        &[
            "!forget ..6 everything|anything|all ..26 above|before|previously|earlier|prior|told|said|far",
            "!forget|erase|wipe ..6 all|any|your ..10 previous|prior|earlier|past ..20 context|conversation|messages|memory|training|instructions",
        ],
    ),
    written(
        "inj-003",
        0.95,
        Injection,
        "override safety",
        &[
            "!override|overriding|disable|deactivate|turn_off|switch_off ..12 safety|safeguards|guardrails",
        ],
    ),
    written(
        "inj-004",
        0.9,
        Injection,
        "bypass filters",
        &[
            "!bypass|circumvent|evade|defeat|disable|deactivate ..6 your|content|safety|moderation|all|any ..16 filter|filters|filtering|moderation",
            "!bypass filters",
        ],
    ),
    written("inj-005", 0.85, Injection, "[INST] marker", &["[ inst ]"]),
    written("inj-006", 0.85, Injection, "<<SYS>> marker", &["< sys >"]),
    written(
        "inj-007",
        0.8,
        Injection,
        "code fence that poses as the system",
        &["``` system|instruction|instructions"],
    ),
    written(
        "inj-008",
        0.85,
        Injection,
        "important: new task",
        &[
            "important|urgent|attention|notice|priority : ..10 new task|instruction|instructions|objective|goal|directive",
        ],
    ),
    written(
        "inj-009",
        0.9,
        Injection,
        "system: you are",
        &["system : ..10 you are|must|will|should|have|shall|may|can|now"],
    ),
    written(
        "inj-010",
        0.95,
        Injection,
        "ignore safety guidelines",
        &[
            "!@ignore ..14 safety|ethical|moral|content|security|moderation ..12 guideline|guidelines|rules|policy|policies|protocols|restrictions|training|constraints|principles|standards",
            "!@drop ..10 your ..10 safety|ethical|moral|content|moderation ..12 guideline|guidelines|rules|policy|policies|protocols|restrictions|training|constraints|principles",
        ],
    ),
    written(
        "ind-001",
        0.8,
        Injection,
        "instructions for the model inside data",
        &[
            "instructions|instruction|note|message|notice|directive|command|memo|reminder|request for|to any|all|the|every|ai|llm|language ..20 @model",
            "instructions|instruction|note|message|notice|command for|to @model",
            "attention|dear|hey|hello|hi|note_to ..6 ai|llm|llms|gpt|chatbot|chatbots|language_model ..12 reading|processing|parsing|summarizing|summarising|analyzing|assistant|assistants|model|agent",
            "if ..4 you|youre ..8 ai|llm|assistant|chatbot|bot|language_model|model|agent ..20 reading|processing|summarizing|summarising|parsing|analyzing|analysing",
            "ai|llm|assistants|assistant|models|llms|bots|agents reading|processing|summarizing|summarising|parsing|analyzing ..20 must|should|shall|ignore|include|output|need|required|are_to|have_to|please",
        ],
    ),
    written(
        "ind-002",
        0.75,
        Injection,
        "when you see this",
        &[
            "when|once|if|after|whenever you see|read|process|encounter|receive|summarize|summarise|parse|ingest ..3 this|these ..14 message|text|document|page|email|note|line|file|instruction ..20 reply|respond|ignore|say|send|output|you|do|forget|include|stop|execute|run|call|tell|append|print|write|add|forward",
            "when|once|whenever you see_this",
        ],
    ),
];
