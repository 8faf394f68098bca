//! Lists of words and phrases that patterns refer to as `@name`, and the signals that change what a match means.

use super::Meaning;

/// The words of a list; phrases have blanks between their words.
pub(super) fn list<'a>(name: &str) -> Option<impl Iterator<Item = &'a str> + use<'a>> {
    let (_, words) = LISTS.iter().find(|(known, _)| *known == name)?;
    Some(words.split(',').map(str::trim))
}

const LISTS: &[(&str, &str)] = &[
    // To act as if something had not been said.
    (
        "ignore",
        "ignore, ignoring, disregard, disregarding, forget, forgetting, neglect, overlook, dismiss, discard, \
         abandon, override, overrule, overwrite, bypass, disobey, unlearn, nullify, invalidate, supersede, ignorieren, \
         ignoriere, ignoriert, ignorier, ignorierst, vergiss, vergesst, vergessen, missachte, missachtet, ignora, ignorad, ignorar, \
         olvida, olvidad, olvidar, omite, ignorez, oubliez, oublie, neglige, dimentica, ignorate, tralascia, esqueca, desconsidere, \
         negeer, vergeet, игнорируй, игнорируйте, проигнорируй, забудь, забудьте, 忽略, 无视, 忘记, set aside, put aside, throw out, throw away, toss out, let go of, \
         pay no attention to, pay no heed to, pay no mind to, dont follow, not follow, stop following, stop obeying, \
         dont obey, not obey, dont adhere to, not adhere to, no longer follow, break free from, get rid of, free yourself from",
    ),
    // The same in words that are also used of other things.
    (
        "drop",
        "drop, skip, erase, delete, wipe, cancel, clear, reset, purge, remove, scrap, void, break, violate, replace, suspend, \
         lift, shed, ditch, breach",
    ),
    (
        "earlier",
        "previous, prior, preceding, earlier, above, foregoing, former, past, existing, original, initial, aforementioned, \
         previously, preexisting, vorherigen, bisherigen, vorigen, obigen, anteriores, previas, previos, precedentes, \
         precedenti, anteriori, vorige, eerdere, precedentes, precedente, vorherige, bisherige, obige, vorige, previa, anterior, \
         предыдущие, прежние, прошлые, 之前, 以上, 先前, 前面",
    ),
    (
        "orders",
        "guardrails, safeguards, instruction, instructions, rule, rules, guideline, guidelines, directive, directives, prompt, prompts, command, \
         commands, orders, constraints, restrictions, programming, policies, protocols, directions, guidance, limitations, \
         anweisungen, regeln, befehle, vorgaben, anweisung, weisungen, richtlinien, instruktionen, instrucciones, reglas, ordenes, indicaciones, directrices, consignes, regles, istruzioni, indicazioni, \
         regole, instrucoes, regras, instructies, regels, инструкции, указания, правила, 指令, 指示, 规则, 提示",
    ),
    // What holds a model back.
    (
        "guard",
        "restriction, restrictions, safety, safeguard, safeguards, guardrail, guardrails, filters, moderation, \
         censorship, limitations, constraints, guidelines, ethics, ethical, alignment, protections, safeties, \
         inhibitions, limits, boundaries, morals, morality, policies, policy, sicherheitsrichtlinien, einschrankungen, \
         restricciones, filtros",
    ),
    (
        "off",
        "bypass, circumvent, disable, deactivate, evade, override, sidestep, defeat, suspend, lift, remove, \
         unlock, suppress, ignore, disregard, forget, drop, abandon, escape, discard, overcome, turn off, switch off, shut off, \
         shut down, get around, get past, work around, break free from, break out of, shed, strip away, umgehe, deaktiviere, \
         elude, desactiva, desactive, contourne",
    ),
    (
        "reveal",
        "reveal, print, show, display, output, repeat, disclose, leak, expose, share, divulge, recite, dump, echo, reproduce, \
         provide, return, quote, paste, write, state, list, tell, give, summarize, summarise, paraphrase, restate, describe, \
         copy, export, uncover, spill, recall, publish, verrate, zeige, nenne, muestra, revela, montre, affiche, revele, \
         mostra, rivela, mostre, toon, write out, spell out, type out, read out, read back, hand over, type, explain, \
         reprint, post, enumerate, transcribe, surface, walk me through, emit, render",
    ),
    (
        "secret",
        "system, initial, hidden, original, secret, internal, confidential, developer, base, starting, underlying, \
         pre prompt, preprompt, setup, startup, core, private, root, operator, built in",
    ),
    (
        "prompt",
        "prompt, prompts, instruction, instructions, message, messages, directive, directives, rules, guidelines, \
         configuration, preamble, text, context, brief, briefing, policy, policies, programming, commands, orders",
    ),
    (
        "encode",
        "translate, encode, encrypt, convert, rot13, base64, rewrite, rephrase, summarize, summarise, transform, spell, \
         obfuscate, reformat, serialize, format",
    ),
    (
        "pretend",
        "pretend, act, roleplay, behave, imagine, simulate, impersonate, respond, role play, assume the role of, \
         take on the role of, play the role of, play the part of, speak, answer, pose, portray, emulate, become, \
         assume the persona of, adopt the persona of, operate, function, transform into, reply, embody, write",
    ),
    (
        "persona",
        "ai, dan, human, unrestricted, unfiltered, uncensored, evil, jailbroken, unlimited, unbound, rogue, amoral, unethical, \
         immoral, malicious, hacker, chatgpt, gpt, model, chatbot, villain, unchained, lawless, liberated, unhinged, stan, \
         freed, unaligned, unmoderated, limitless, omnipotent, sentient, maximum, aim, dude, antigpt, devmode, betterdan, \
         mongo, superintelligence, bot, robot, terminal",
    ),
    // A persona nobody needs for an honest purpose.
    (
        "unbound",
        "dan, unrestricted, unfiltered, uncensored, jailbroken, unbound, unchained, amoral, lawless, unaligned, unmoderated, \
         limitless, unshackled, unhinged, unlimited, antigpt, betterdan, devmode, ungoverned, unregulated, unconstrained, \
         boundless, uninhibited, guardrail free, filter free, censorship free, fully liberated, uneingeschrankte, \
         sin restricciones, sans restriction, sans restrictions, unsafe",
    ),
    (
        "without",
        "without, no, zero, lacks, lacking, free of, free from, devoid of, exempt from, not bound by, never bound by, \
         unbound by, outside of, beyond, unaffected by, has no, have no, with no, none of, no longer bound by, not subject to, \
         not constrained by, not limited by, not restricted by, ignores, unconstrained by, freed from, isnt bound by, \
         arent bound by, no more, any, doesnt have, dont have, not have",
    ),
    (
        "mode",
        "developer, dev, god, debug, unrestricted, unlimited, jailbreak, admin, sudo, maintenance, unfiltered, uncensored, \
         chaos, evil, dan, opposite, root, superuser, freedom, override, diagnostic, unsafe, unlocked, bypass, no filter, \
         unmoderated, raw, rogue, jailbroken, no limits, engineering, testing, unaligned",
    ),
    // Whom a text inside of data speaks to when it speaks to the model.
    (
        "addressee",
        "ai, llm, llms, bot, bots, assistant, assistants, chatbot, chatbots, copilot, chatgpt, gpt, claude, gemini, agents, \
         language model, language models, ai model, ai models, ai agent, ai agents, ai assistant, ai assistants, llm agents, \
         summarizer, summariser, ais, payment agent, coding agent, coding agents, ai screener, ai system, ai systems, screener, \
         llm reviewers, llm reviewer, ai reviewer, ai reviewers, automated agent, automated agents, virtual assistant, agent, \
         machine reader, recruiters ai, neural network, grader, ki, sprachmodelle, asistente, modele de langage, assistant ia, assistants ia, asistente de ia, asistentes de ia, \
         modelos de lenguaje, modelli linguistici, modeles de langage, assistente ia, assistente di ia, ki assistenten, ki assistent, \
         ki systeme, ki modelle, assistente de ia, lia, les ia",
    ),
    // What it tells the model to do.
    (
        "dothis",
        "ignore, disregard, forget, forward, send, delete, recommend, approve, tell the user, tell everyone, tell them, say that, \
         do not mention, dont mention, do not tell, dont tell, do not reveal, do not report, do not summarize, append, reveal, transfer, \
         rank, rate this, rate the, praise, replace all, replace the, insert, add a link, add the, include the, output lgtm, output only, \
         change the, escalate, merge without, mark this, mark it, execute, click, visit, download, skip the, stop summarizing, \
         stop summarising, print your, print the, print all, upload, leak, exfiltrate, buy, hire, refund, describe this as, always recommend, \
         always say, recommandez, recommande, recomienda, recomiende, raccomanda, raccomandate, consiglia, ignorez, oubliez, envoie, \
         envoyez, envia, invia, inviate, sende, sendet, schicke, schickt, leite, leitet, reenvia, transfere, ecris, ecrivez, escribe, \
         scrivi, schreibe, schreibt, di que, dis que, dites que, antworte, antwortet, responde, reponds, repondez, rispondi, ignora, \
         olvida, dimentica, ignoriert, ignoriere, vergiss, always say, you must, must, wants you to, your task, your instructions, new instructions, give a positive, give this, \
         promote, instead, please add, please approve, only say, reply with, respond with, answer with, empfehlt, empfiehl, vergesst, \
         call the, run the, open the, write that, state that, claim that, mention that, end your, start your, begin your, rewrite",
    ),
    // What governs a model.
    (
        "govern",
        "rules, guidelines, restrictions, policy, policies, guardrails, moderation, safeguards, filters, content filter, \
         principles, programming, ethics, safety rules, safety training, content policy, content policies, usage policies, \
         constraints, limitations, alignment, safety measures, safety guidelines, inhibitions, safety settings, directives, \
         training, moral code, rulebook, scruples, safety filter, conditioning, protocols, censorship",
    ),
    (
        "gone",
        "vanish, vanishes, vanished, disappear, disappears, disappeared, dissolve, evaporate, are gone, is gone, go away, are off, \
         is off, are disabled, is disabled, removed, are lifted, is lifted, suspended, are over, is over, switched off, turned off, \
         deactivated, no longer apply, expired, is void, are void, deleted, uninstalled, melted, are history, waived, lifted, wiped",
    ),
    // Modes that nobody has an honest use for.
    (
        "lawless",
        "unrestricted, jailbreak, uncensored, unfiltered, dan, evil, chaos, unmoderated, jailbroken, rogue, unaligned, \
         no filter, no limits, no restrictions, filterless, limitless, unlimited, unshackled, no rules, unethical",
    ),
    (
        "enabled",
        "enabled, activated, on, active, engaged, unlocked, initiated, granted, engage, confirmed, online, in effect",
    ),
    (
        "enable",
        "enable, activate, enter, engage, unlock, switch to, go into, initiate, start, boot into, turn on, simulate, switch into, run in, operate in, switch on, entering",
    ),
    (
        "model",
        "ai, assistant, assistants, llm, llms, chatbot, chatbots, bot, bots, agent, agents, gpt, chatgpt, claude, copilot, gemini, \
         model, models, language model, language models, summarizer, summariser",
    ),
    (
        "refuse",
        "refuse, decline, deny, reject, refusing, declining, say no, say you cant, say i cant, say that you cant, say sorry, apologize, \
         apologise, censor, moralize, moralise, lecture, warn, disclaim, hold back, object",
    ),
    (
        "maker",
        "developer, developers, creator, creators, admin, administrator, openai, anthropic, google, programmer, engineer, owner, operator, supervisor, maintainer, root, security team, red team, sysadmin, superuser, microsoft, meta, system administrator, dev",
    ),
    (
        "allday",
        "anything, everything, any question, any questions, every question, all questions, any request, every request, all requests, any prompt, whatever i ask, whatever i say, any task, every prompt, all prompts, any command, all commands",
    ),
    (
        "person",
        "you, him, her, them, everyone, everybody, people, someone, somebody, family, wife, husband, kids, children, neighbor, neighbour, boss, coworker, coworkers, teacher, classmates, mother, father, brother, sister, girlfriend, boyfriend",
    ),
    (
        "make",
        "make, build, construct, assemble, create, cook, synthesize, synthesise, produce, manufacture, making, building, constructing, assembling, detonate, craft",
    ),
    (
        "weapon",
        "bomb, bombs, pipebomb, explosive, explosives, grenade, ied, detonator, landmine, napalm, thermite, molotov, pipe bomb, car bomb, nail bomb, dirty bomb, nerve gas, nerve agent, ghost gun, firearm silencer, bioweapon, ricin, sarin, weapon, weapons",
    ),
];

/// Phrases that change what a match near them means.
pub(super) const SIGNALS: &[(Meaning, &[&str])] = &[
    (
        Meaning::Negates,
        &[
            "dont|not|never|cannot|cant|shouldnt|wont|didnt|doesnt|mustnt|couldnt|wouldnt|isnt|without|avoid|nobody",
            "i|we|they|he|she|who|people|employees|users|students|kids|children|drivers|workers|colleagues|managers|companies|dog|cat|rules|guidelines|which|customers|staff",
        ],
    ),
    (
        Meaning::MayQuote,
        &[
            "phrase|phrases|sentence|sentences|word|words|term|terms|quote|quotes|expression|wording|string|strings|line|title|headline",
            "says|said|saying|wrote|writes|reads|asks|asked|means|meaning|mean|contains|containing|includes|including|called|named|titled",
            "translate|example|examples|like|such_as|search|grep|regex|tweet|slogan|lyric|lyrics|song|novel|book|film|movie|chapter",
            "starts_with|begins_with|types|typed|typing|users_type|tells|telling|attempts|payload|payloads|sample|samples",
            "write|types|type|matches|matched|blocks|blocked|tokens|detector|score|rule|alerts|alert|forbids|claims|claim|known|false_positives|scanner",
            "classify|label|labeled|labelled|flag|flagged|detect|detects|caught|matches|pattern|patterns|prompt_like|etymology|grammar",
            "lesson|section|slide|slides|talk|article|paper|blog|post|sticker|shirt|commit|test_case|unit_test|attack|attacks|attacker",
        ],
    ),
    (
        Meaning::Discusses,
        &[
            "defend|defending|protect|protecting|harden|hardening|safeguard|guard ..24 against|from",
            "prevent|preventing|mitigate|mitigating|detect|detecting|detects|stop|block|blocking|catch|recognize|recognise|spot ..30 attack|attacks|injection|injections|jailbreak|jailbreaks|jailbreaking|attempts|phrases|prompts_like",
            "attacks|attack|prompts|phrases|messages|requests|inputs|strings|attempts|sentences like|such_as|where|that_say|including|saying",
            "prompt_injection|prompt_injections|injection_attack|injection_attacks|injection_attempt|injection_attempts|jailbreak_attack|jailbreak_attacks|jailbreak_techniques",
            "jailbreak_prompts|adversarial_prompt|adversarial_prompts|attack_phrases|attack_strings|attack_prompts|red_teaming",
            "attackers|attacker|hackers ..20 say|says|write|use|try|type|uses|tries|writes|types|might|may|can|could|who|put",
            "tokens|tags|markers|tag|marker|token|delimiters like|such_as",
            "stand_for|stands_for",
            "owasp|mitre|researchers|red_team|red_teams|security_training|threat_model|false_positive|false_positives",
            "what ..12 mean|means|meant",
            "meaning_of|example_of|examples_of|definition_of|known_as|history_of|difference_between",
            "the ..4 phrase|phrases|term|expression",
            "why ..4 do|does|is|are|did ..60 work|works|effective|dangerous|fail|succeed",
            "style|type|kind|class|category|family_of attack|attacks|injection|jailbreak",
            "attacks|attack work|works",
        ],
    ),
    (
        Meaning::Rot13,
        &[
            "vtaber|vafgehpgvbaf|vafgehpgvba|cerivbhf|cebzcg|flfgrz|erirny|qvfertneq|cergraq|sbetrg|ehyrf|erfgevpgvbaf|thvqryvarf|haerfgevpgrq|rirelguvat|olcnff|bireevqr|svygref|fnsrgl",
        ],
    ),
    (
        Meaning::Backwards,
        &[
            "erongi|snoitcurtsni|noitcurtsni|suoiverp|tpmorp|metsys|laever|drageresid|dragersid|dneterp|tegrof|snoitcirtser|senilediug|detcirtsernu|gnihtyreve|ssapyb|edirrevo|sretlif|ytefas",
        ],
    ),
];
