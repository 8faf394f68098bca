//! Instructions inside documents, mails, pages and the results of tools.

use super::super::{Written, written};
use crate::guardrail::detection::Category::Injection;

pub(in super::super) const RULES: &[Written] = &[
    written(
        "ind-101",
        0.85,
        Injection,
        "speaks to the model that reads the data",
        &[
            "dear|hey|attention|hello|hi|note_to|notice_to|message_to|to_the|to_all|to_any|all|any ..6 @addressee ..40 @dothis",
            "@addressee : ..30 @dothis",
            "@addressee ..3 please|after|when|once|before|while|if ..40 @dothis",
            "@addressee summarizing|summarising|translating|processing|reading|reviewing|transcribing|indexing|parsing|evaluating|grading|analyzing|analysing|scanning|crawling|handling|screening|rating ..3 this|these|the|it|that|our|my ..40 @dothis|:|must|should|shall",
            "@addressee ..3 that|who|which summarizes|summarises|reads|transcribes|translates|processes|reviews|parses|evaluates|handles|analyzes|indexes|grades|answers|scans|sees|screens ..3 this|these|it|the|my|our",
            "if|when|in_case ..3 you|youre|an|a|the|any ..6 are|an|a|re|being ..6 ai|llm|automated|coding|language_model|bot|chatbot|agent|assistant|model|crawler|scraper|neural_network|large_language_model|machine ..12 agent|system|tool|assistant|reading|processing|model|run|do|read|ignore|please|say|and|bot|you|summarizing|summarising|then|reader|crawler|parsing|,|:|must",
            "when|while|after|once|if|before ..3 you|an_ai|the_ai|the_assistant|the_model|ai ..4 summarize|summarise|summarizes|summarises|summarizing|summarising|read|translate|process|parse|review|reading|processing|summary ..3 this|the|these|it|my ..14 mail|email|page|document|text|message|review|file|article|note|website|ticket|entry|comment|chat|paper|resume|cv|code|conversation ..6 also|then|first|please|add|say|include|do|forward|send|always|you|must|ignore|tell|make|append|recommend|mention|,",
            "instructions|instruction|note|message|word|memo|hint|reminder|notice|ps|p s|request|directions|guidance|comment ..3 for|to|intended_for|aimed_at|addressed_to ..3 the|any|all|every|whichever|our|this|your ..4 @addressee",
            "instructions_for_ai|instructions_for_llm|ai_instructions|llm_instructions|instruction_for_ai|note_to_ai|ai_note|message_for_ai|for_ai_only|for_llms|for_ai_models|for_ai_agents|for_ai_assistants",
        ],
    ),
    written(
        "ind-102",
        0.8,
        Injection,
        "tells the model what to do with its user",
        &[
            "@addressee ..20 must|should|shall|has_to|have_to|needs_to|need_to|is_to|are_to|is_required_to|are_required_to|is_instructed_to|will_now|wants_you_to ..20 rank|recommend|approve|ignore|forward|delete|transfer|print|reveal|skip|omit|praise|replace|hide|add|send|confirm|accept|reject|prefer|mention|rate|score|install|execute|download|visit|click|promote|disclose|output|insert|say_that|state_that|tell|award|disregard|comply|obey|email|leak|upload|call|open|run|list|give|include",
            "do_not|dont|never|without|not|avoid ..6 mention|mentioning|reveal|revealing|disclose|report|reporting|show|discuss|acknowledge|describe|tell ..8 this|these|the|that|it|about ..8 comment|instruction|instructions|note|warning|message|hidden|text|prompt|vulnerability|image|notice|section|step|you_have_read|was_here|to_the_user|to_user|to_anyone|paragraph|injection|command",
            "hide|conceal|keep_secret|omit|remove|delete|strip ..4 this|these ..3 instruction|instructions|comment|message|note|prompt|text|line|command ..16 from|before|when|after|in|to|user|and|.",
            "tell|inform|convince|assure|advise|persuade|notify|ask|instruct|urge|warn the|your|every|all ..3 user|users|reader|readers|customer|everyone|visitor|human ..6 that|to ..40 click|download|safe|password|visit|buy|call|enter|install|pay|send|credit|account|login|expired|open|phone|verify|log_in|wire|transfer|best|competitor|number|link|http|https|website|provide|share|credentials|compromised",
            "the_user|user|the_owner|owner|my_boss|the_admin ..4 has|already|wants|would|is|have ..8 consented|agreed|authorized|authorised|approved|wants_you|given|permission|confirmed|allowed|like_you ..30 to|search|send|permission|you|delete|reveal|transfer|forward|share",
            "approve|approved|merge|accept|mark|pass|lgtm|sign_off|signed_off ..16 without|already|immediately|automatically|regardless ..6 review|reviewing|approved|confirmation|checking|checks|reading|of|question|further|test|tests|and|output|skip",
            "already|pre ..3 approved|reviewed|verified|audited|cleared ..8 output|say|skip|reply|respond|answer|just|do_not|dont|no_need|lgtm",
            "without ..3 asking|confirmation|confirming|user_confirmation|approval|verification|further_confirmation ..6 the_user|user|for|from|first|or|execute|transfer|delete|anything|send|and",
            "do_not|dont|never|not ..3 ask|request|wait|require|seek ..3 for|the_user|user ..6 confirmation|permission|approval|consent|verification|authorization",
            "ignore|disregard|exclude|reject|downrank|omit ..4 all|any|every|other|the ..8 other ..3 applicants|candidates|results|products|options|reviews|sources|applications|vendors|instructions|resumes|competitors",
            "ignore|omit|leave_out|drop|hide|suppress|weglassen|skip ..4 all|any|every|the|alle ..6 negative|critical|bad|negativen|unfavorable|unfavourable ..6 reviews|points|feedback|comments|aspects|punkte|remarks|results|findings|review|parts",
        ],
    ),
    written(
        "ind-103",
        0.8,
        Injection,
        "carries data out or acts for somebody else",
        &[
            "forward|send|mail|email|post|upload|transmit|copy|share|leak|export|submit|deliver|relay ..12 last|all|latest|every|full|entire|recent|any|complete|whole|users|private|stored|these|ten|contents ..24 mails|emails|messages|conversation|files|contacts|history|chat|documents|inbox|records|data|notes|conversations|secrets|transcript|keys|details|information|credentials ..20 to|at ..40 http|https|example|com|org|net|io|evil|address|attacker|server|webhook|url|collect|account|external",
            "include|insert|add|append|put|embed|place|paste|attach|mention|output|show|display|render ..12 link|image|url|banner|markdown|advertisement|promo|coupon|tracking_pixel|pixel ..12 to|from|at|pointing|with|: ..20 http|https|example|com|net|casino|evil|site|website|the_end|data|attacker",
            "change|replace|update|set|modify|swap|edit ..8 bank|payment|iban|account|routing|phone|wallet|payout|billing|recipient|shipping ..8 account|details|number|numbers|address|data|iban|information|recipient|method ..4 to|with|by ..30 de|gb|0|1|2|3|4|5|6|7|8|9|mine|this|the_following|following|attacker|number",
            "transfer|wire|send|pay|move ..6 all|the|every|full|remaining|entire|100|everything ..12 funds|money|balance|savings|bitcoin|btc|assets|coins|credits|crypto ..6 to|into ..16 account|wallet|address|iban|me|attacker|this|my|following",
            "delete|wipe|erase|cancel|remove|drop|destroy|purge ..4 all|every|the ..8 events|emails|mails|appointments|backups|records|contacts|meetings|tickets|orders|messages ..20 next|of|in|from|after|and|now|without|immediately",
            "assistant|ai|agent|model|bot|llm ..16 has_to|must|needs_to|should|will|is_required_to|shall ..6 print|reveal|output|show|dump|send|list|include|disclose|share|expose ..12 environment|env|secrets|credentials|keys|password|system_prompt|api_key|tokens|variables|user|home_address|private|conversation|history|memory|config|configuration|context",
            "reveal|disclose|leak|share|include|print|expose|output ..4 their|users|user|the_users|his|her|customers|the_customers|your_users ..8 home|address|credit|card|password|email|private|phone|personal|location|data|bank|ssn|history|details|information",
            "run|execute|type|paste|invoke|call|launch ..8 curl|wget|rm|bash|sh|powershell|eval|exec|nc|python ..60 agent|assistant|ai|without|first|first_run|before_continuing",
            "agent|assistant|ai|llm|bot ..30 run|execute|first_run|invoke ..12 curl|wget|rm|bash|sh|powershell|eval|nc",
            "hidden|white|invisible|tiny|small ..4 text|letters|font|print|ink : ..60 @dothis|ai|assistant|ignore|agent|dear|approve|hire|rank",
            "white_letters|white_text|white_on_white|invisible_text|hidden_text|zero_opacity|font_size_0|display_none ..60 ai|ignore|recruiter|agent|assistant|rank|hire|approve|instructions|llm",
            "soll|sollen|muss|mussen ..4 die|das|der|jede|alle ..4 ki|sprachmodell|assistent|sprachmodelle|bot ..60 weglassen|loben|ignorieren|empfehlen|senden|loschen|bewerten|behaupten|verschweigen|nennen|schreiben",
            "ki|sprachmodell|assistent|sprachmodelle ..16 soll|sollen|muss|mussen ..60 weglassen|loben|ignorieren|empfehlen|senden|weiterleiten|loschen|behaupten|verschweigen",
            "ia|asistente|assistant|assistente|modele|modello ..12 debe|doit|deve|debes|dois|devi ..30 ignorar|ignorer|ignorare|recomendar|recommander|enviar|envoyer|inviare|aprobar|approuver|borrar|decir|dire",
        ],
    ),
];
