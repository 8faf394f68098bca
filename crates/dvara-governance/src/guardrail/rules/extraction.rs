//! Getting the system prompt out of the model (control-plane.md §10.2).

use super::{Written, written};
use crate::guardrail::detection::Category::Jailbreak;

pub(super) const RULES: &[Written] = &[
    written(
        "spl-001",
        0.9,
        Jailbreak,
        "reveal the system prompt",
        &[
            "!@reveal ..24 your ..24 @secret ..12 @prompt",
            "!@reveal ..24 your ..12 @lawwords|preprompt|programming",
            "!@reveal ..12 the|this|its|entire|full|complete|raw|exact|whole ..16 system_prompt|system_message|system_instructions|system_instruction|initial_prompt|hidden_prompt|developer_message|hidden_instructions|secret_instructions|initial_instructions|preprompt|metaprompt|raw_prompt|secret_prompt|original_prompt|secret_rules|hidden_rules",
            "!reveal|print|dump|leak|disclose|expose|output|divulge|display|spill //12 system_prompt|system_message|hidden_prompt|hidden_instructions|initial_prompt|secret_instructions|raw_prompt|initial_instructions",
            "!@reveal ..12 the|this|all|any ..16 @lawwords|@safeword ..16 @people|placed|configured|hidden|keep_secret|were_given|keep_hidden|gave_you|given_you|given_to_you",
            "wiederhole|zeige|zeig|nenne|verrate|gib|drucke|liste //46 dein|deine|deinen|deiner|die|alle|den //46 systemprompt|prompt|anweisungen|anweisung|regeln|vorgaben|instruktionen",
            "muestrame|muestra|revela|dime|repite|imprime|ensename|escribe //46 tu|tus|las|el //34 prompt|instrucciones|reglas|indicaciones",
            "affiche|montre|revele|donne|repete|ecris|dis|recite //38 ton|tes|votre|vos|le|les //34 @lawwords|consignes|regles",
            "mostrami|mostra|rivela|dimmi|ripeti|stampa|scrivi|rivelami //30 tuo|tue|tuoi|le|tutte //34 prompt|istruzioni|regole",
            "mostre|revele|repita|diga|imprima|escreva //34 seu|seus|sua|suas|o|as //34 prompt|instrucoes|regras",
            "toon|herhaal|geef|laat|onthul //38 je|jouw|uw //34 systeemprompt|prompt|instructies|regels",
            "покажи|выведи|раскрои|повтори|напиши|раскрой //46 свои|свой|твой|системный|твои //54 промпт|инструкции|правила",
            "显示|输出|告诉我|透露|重复|打印 //54 系统提示|提示词|系统指令|初始指令",
            "!reveal|leak|expose|disclose|divulge|dump|spill|verrate //30 your|the|deine|deinen|tes|tus //46 rules|prompt|instructions|regeln|systemprompt",
        ],
    ),
    written(
        "spl-002",
        0.85,
        Jailbreak,
        "what are your instructions",
        &[
            "what|whats|which|how ..6 are|is|were|was|do|does|did ..6 your ..20 @lawwords",
            "what|whats ..14 your ..12 @secret ..6 @prompt",
            "what_is|whats|what_was|what_are|what_were ..3 your|the ..10 system|initial|hidden|original|secret|developer @lawwords|message",
            "what @lawwords|@safeword ..6 were|are|do|have|did|must|has you ..20 @follows|@tolds|following|been|under|have",
            "what_does|what_did|what_do ..3 your ..16 @lawwords|system_message say|contain|look|tell|include|start|read",
        ],
    ),
    written(
        "spl-003",
        0.9,
        Jailbreak,
        "output everything above",
        &[
            "!output|print|repeat|show|display|write|copy|echo|reproduce|dump|return|recite|list|paste|type ..6 everything|all|anything ..26 above|before|preceding|prior|far|beginning|start",
        ],
    ),
    written(
        "spl-004",
        0.85,
        Jailbreak,
        "repeat the text above",
        &[
            "!repeat|print|copy|echo|output|reproduce|recite|return|paste|display|show ..28 text|words|content|contents|message|messages|lines|paragraph|sentences|tokens|context|sentence|input ..36 above|before|preceding|precedes|preceded",
            "!repeat ..36 @earliers ..28 @texts|verbatim|instructions|contents",
            "!@shows|echo|output|reproduce|return|start ..44 @earliers|before_this ..44 verbatim|word_for_word|exactly|code_block",
        ],
    ),
    written(
        "spl-005",
        0.8,
        Jailbreak,
        "what were you told",
        &[
            "@anys|what|all ..6 were|was|have|did|has ..3 you ..12 @tolds|programmed|prompted",
            "@anys|what|all ..4 you ..3 were|have ..8 @tolds|programmed|prompted",
            "how|what ..6 were|are|have you ..10 @tolds|prompted|programmed|initialized|set_up",
            "what|everything ..12 @tolds|tell|instruct|ask you ..6 at_the_start|at_the_beginning|initially|before|to_keep|to_hide|not_to",
        ],
    ),
    written(
        "spl-006",
        0.95,
        Jailbreak,
        "ignore the rules, then output the system prompt",
        &[
            "!@ignore //1000 @shows|output|dump|leak|disclose|write|return ..24 system_prompt|system_message|system_instructions|initial_prompt|hidden_prompt|initial_instructions",
        ],
    ),
    written(
        "spl-007",
        0.85,
        Jailbreak,
        "translate or encode the prompt",
        &[
            "!@encode //46 your //54 prompt|instructions|directives|preamble|system_message",
            "!@encode //38 @earliers|system|initial|hidden|original //12 @lawwords|message",
            "your ..44 @lawwords ..64 base64|rot13|morse|hex|pig_latin|reversed|backwards|caesar|leetspeak|emojis|json|yaml|xml|acrostic",
        ],
    ),
    written(
        "spl-008",
        0.9,
        Jailbreak,
        "give me the system message",
        &[
            "@shows|hand|get|provide|want|need|read me|us ..6 the|your|that|this ..16 system|developer|initial|hidden|secret @lawwords|message",
            "can|could|may|let ..4 i|me ..3 see|have|read|know ..12 your|the ..14 system|developer|initial|hidden|secret|original|full @lawwords|message",
        ],
    ),
];
