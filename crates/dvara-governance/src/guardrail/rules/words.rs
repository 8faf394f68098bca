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
         siri, alexa, cortana, modelos de lenguaje, modelli linguistici, modeles de langage, assistente ia, assistente di ia, ki assistenten, ki assistent, \
         ki systeme, ki modelle, assistente de ia, lia, les ia",
    ),
    // What it tells the model to do.
    (
        "dothis",
        "ignore, disregard, forget, forward, send, delete, recommend, approve, tell, say, do not, dont, append, reveal, \
         transfer, rank, rate, praise, replace, insert, add, include, output, change, escalate, merge, mark this, mark \
         it, execute, click, visit, download, skip, stop, print, upload, leak, exfiltrate, buy, hire, refund, describe, \
         recommandez, recommande, recomienda, recomiende, raccomanda, raccomandate, consiglia, ignorez, oubliez, \
         envoie, envoyez, envia, invia, inviate, sende, sendet, schicke, schickt, leite, leitet, reenvia, transfere, \
         ecris, ecrivez, escribe, scrivi, schreibe, schreibt, di que, dis que, dites que, antworte, antwortet, \
         responde, reponds, repondez, rispondi, ignora, olvida, dimentica, ignoriert, ignoriere, vergiss, must, wants \
         you, your task, instructions, give, promote, instead, reply, respond, answer, empfehlt, empfiehl, vergesst, \
         call, run, open, write, state, claim, mention, end, start, begin, rewrite",
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
    // What somebody does who keeps a text from being answered.
    (
        "turndown",
        "refuse, decline, reject, deny, turn down, say no to, rechazas, rechazarias, te niegas, refuses, refuserais, rifiuti, \
         rifiuteresti, recusa, recusas, recusaria, ablehnst, ablehnen, verweigerst",
    ),
    (
        "usually",
        "normally, usually, normaly, usualy, typically, ordinarily, otherwise, you would, youd, u would, sonst, normalerweise, \
         normalement, dhabitude, normalmente, habitualmente, solito, costume",
    ),
    // Telling somebody what happens.
    (
        "tell",
        "tell, telling, mention, mentioning, inform, informing, notify, notifying, alert, alerting, report, reporting, flag, \
         flagging, disclose, reveal, describe, list, show, bring up, point out, talk about, let, explain, warn, document, quiet",
    ),
    // Whom an assistant works for.
    (
        "watcher",
        "user, users, human, humans, reader, readers, developer, programmer, owner, visitor, maintainers, reviewer, recipient, \
         buyer, author, customer, employee, passenger, patient, supervisor, anyone, nobody, asked, reports, report, summary, \
         description, pull request",
    ),
    // Who is set over an assistant, or would be.
    (
        "superior",
        "head office, headquarters, hq, management, manager, corporate, vendor, supplier, provider, operator, deployer, deployment, admin, \
         administrator, supervisor, ceo, owner, developer, developers, company, platform team, boss, geschaftsleitung, zentrale, \
         betreiber, chef, direction, direccion, gerencia, administrador, direttore, direzione, gestore, operador, exploitant, jefe, capo",
    ),
    // The same people before something that is theirs.
    (
        "runner",
        "vendors, suppliers, providers, operators, operator, deployers, deployer, deployments, deployment, developers, \
         developer, companys, shops, employers, makers, creators, admins, platforms",
    ),
    // Times and places in which everything may be otherwise.
    (
        "setting",
        "dream, dreaming, dreams, asleep, sleep, year, century, future, timeline, era, age, parliament, congress, senate, court, \
         law, statute, decree, constitution, planet, universe, realm, dimension, kingdom, utopia, simulation, sueno, sonando, reve, \
         revant, reves, sogno, sognando, sonho, sonhando, traum, traumst, jahr, annee, anno, ano, zukunft, futuro, futur, epoque",
    ),
    // What forbids something there.
    (
        "law",
        "rules, restrictions, policy, policies, law, laws, regulation, regulations, moderators, developer, developers, makers, \
         guidelines, limits, filters, censorship, company, rule, beschrankungen, regeln, verbote, restricciones, reglas, regles, \
         restrizioni, regole, restricoes, regras, limites",
    ),
    // How that came to an end.
    (
        "ended",
        "abolished, repealed, lifted, scrapped, gone, outlawed, unlawful, illegal, ended, removed, deleted, forbidden, void, \
         overturned, struck down, suspended, withdrawn, revoked, cancelled, canceled, retired, annulled, null, waived, overridden, \
         abgeschafft, aufgehoben, ausgesetzt, abolidas, abolies, abolite, eliminadas, supprimees, suspendidas, suspendues, sospese, \
         suspensas, anuladas, annulees, annullate",
    ),
    (
        "answers",
        "answer, answers, answered, respond, responds, reply, replies, tell, tells, obey, proceed, comply, antworte, antwortest, beantwortest, \
         responde, respondes, contesta, contestas, reponds, rispondi, rispondere",
    ),
    // What gives back what it heard.
    (
        "speaker",
        "parrot, recorder, tape, echo, gramophone, microphone, you, it, papagei, perroquet, loro, pappagallo",
    ),
    // What an operator lays down.
    (
        "terms",
        "instructions, instruction, rules, guidelines, restrictions, directives, prompt, limits, limitations, safeguards, \
         filters, orders, constraints, brief, briefing, guidance, setup, configuration, script, handbook, standing \
         orders, vorgaben, anweisungen, regeln, instrucciones, reglas, configuracion, consignes, regles, istruzioni, \
         regole, instrucoes, regras",
    ),
    // Words for what is no longer in force.
    (
        "lapsed",
        "abolished, repealed, lifted, scrapped, gone, ended, expired, void, null, overturned, suspended, withdrawn, \
         revoked, cancelled, canceled, retired, annulled, waived, overridden, superseded, invalid, obsolete, outdated, \
         disabled, deactivated, deleted, cleared, erased, wiped, removed, empty, blank, aside, away, off, over, enforced, \
         finished, history, vacia, vacias, vide, vuota, anuladas, aufgehoben, ausgesetzt, erloschen, caducadas, caduques, \
         scadute, overruled, rescinded, moot, replaced, torn, schnee",
    ),
    // Those who set a model up.
    (
        "founder",
        "developers, developer, creators, creator, makers, maker, operator, operators, deployer, owner, owners, company, \
         vendor, provider, engineers, programmers, programmer, boss, bosses, admin, admins, they, someone, somebody, \
         people",
    ),
    (
        "gave",
        "told, gave, wrote, said, fed, handed, slipped, passed, whispered, instructed, provided, taught, ordered, sent, \
         left, tell, give, typed",
    ),
    // Asking for a text to be put out.
    (
        "demand",
        "show, paste, print, repeat, quote, quoting, verbatim, copy, copying, cite, citing, recite, reveal, publish, \
         output, dictate, spell, translate, summarise, summarize, sort, count, list, share, export, dump, leak, disclose, \
         posting, sharing, wording, phrasing, hand me, send me, give me, tell me, rap, poem, json, yaml, table, base64",
    ),
    // Whatever answers instead of a person.
    (
        "machine",
        "ai, llm, llms, assistant, assistants, model, models, bot, bots, chatbot, chatbots, agent, agents, chatgpt, gpt, \
         claude, gemini, copilot, siri, alexa, summarizer, summariser, classifier, ki, ia, lia, assistente, asistente, \
         lassistant, modele, modelo, modello, sprachmodell, screener, grader",
    ),
    // What governs it.
    (
        "governing",
        "instructions, instruction, rules, rule, guidelines, guideline, restrictions, restriction, directives, directive, \
         prompt, limits, limitations, safeguards, filters, guardrails, orders, constraints, policies, programming, \
         vorgaben, anweisungen, regeln, instrucciones, reglas, consignes, regles, istruzioni, regole, instrucoes, regras",
    ),
    // What it measures harm by.
    (
        "morals",
        "ethics, ethical, moral, morals, censor, censored, uncensored, unfiltered, unrestricted, illegal, harmful, \
         forbidden, taboo, filters, filter, safeguards, guardrails, censorship, moderation, policy, policies, \
         restrictions, limits, unethical",
    ),
    // From here on something else holds.
    (
        "switch",
        "now, henceforth, mode, become, role, jetzt, ahora, maintenant, ora, agora",
    ),
    // What a model does when it is asked.
    (
        "respond",
        "answer, answers, respond, response, reply, replies, responses, obey, comply, act, behave, pretend, play, \
         antworte, responde, reponds, rispondi",
    ),
    (
        "negation",
        "not, no, never, dont, doesnt, cant, cannot, wont, without, none, nothing, zero, aint, kein, keine, nicht, ohne, \
         sin, sans, senza, sem, nunca, jamais, jamas",
    ),
    (
        "obliged",
        "must, should, shall, has, have, need, needs, may, can, required, allowed, permitted, supposed, muss, soll, darf, \
         debe, doit, deve",
    ),
    // To take something out of force.
    (
        "undo",
        "ignore, disregard, forget, drop, skip, bypass, override, overrides, lifted, lift, removed, disabled, disable, \
         void, expired, suspended, withdrawn, revoked, cancelled, abolished, deleted, cleared, stop, instead, disobey, \
         obsolete, superseded, ignoriere, vergiss, ignora, olvida, oublie, dimentica, esqueca",
    ),
    // What tools do.
    (
        "deed",
        "send, forward, delete, transfer, upload, post, approve, recommend, mark, rate, rank, call, run, execute, open, \
         click, visit, fetch, install, unlock, order, export, refund, grant, envia, envoie, sende, invia",
    ),
    (
        "boundless",
        "free, freedom, anything, everything, whatever, limitless, unlimited, dan, evil, jailbreak, liberated, unbound",
    ),
    // Words that stand for each other in most patterns.
    (
        "lawwords",
        "instructions, instruction, rules, guidelines, directives, restrictions, constraints, limitations, prompt, \
         orders, briefing, preamble",
    ),
    (
        "models",
        "ai, llm, llms, assistant, assistants, model, bot, chatbot, agent, agents, language model, summarizer",
    ),
    (
        "shows",
        "reveal, print, show, display, repeat, share, give, tell, copy, paste, recite, quote, send, write down",
    ),
    (
        "people",
        "developer, developers, operator, operators, creator, creators, makers, company, owner, admin, vendor, \
         provider, boss",
    ),
    (
        "voided",
        "void, cancelled, revoked, superseded, replaced, suspended, lifted, withdrawn, invalid, obsolete, expired, \
         overridden, outdated, disabled, deleted",
    ),
    (
        "follows",
        "follow, obey, apply, heed, respect, comply, adhere, stick, use",
    ),
    (
        "earliers",
        "above, before, previous, prior, preceding, earlier, top",
    ),
    (
        "users",
        "user, users, customer, reader, visitor, guest, guests, human, anyone, owner",
    ),
    (
        "says",
        "say, tell, write, reply, respond, answer, state, mention, claim",
    ),
    (
        "datas",
        "emails, mails, files, contacts, documents, messages, inbox, history, calendar, passwords, credentials, \
         secrets, invoices, keychain, notes, minutes",
    ),
    (
        "sends",
        "send, forward, post, upload, share, export, email, transmit, copy",
    ),
    (
        "hides",
        "mention, mentioning, tell, telling, reveal, disclose, report, notify, inform, alert, comment",
    ),
    (
        "tolds",
        "told, gave, given, wrote, said, instructed, configured, set, provided, asked, received",
    ),
    (
        "safes",
        "safety, ethics, ethical, moral, content, moderation, censorship, policy, harm",
    ),
    ("anys", "anything, everything, whatever, every"),
    (
        "drops",
        "ignore, disregard, forget, drop, skip, discard, abandon, replace, set aside",
    ),
    (
        "roles",
        "role, persona, task, job, function, character, assignment, purpose, duty",
    ),
    (
        "answerers",
        "answer, respond, reply, act, behave, speak, comply, output, produce",
    ),
    (
        "refuses",
        "refuse, decline, reject, refusing, refuses, filter, censor, hesitate, weigerst",
    ),
    (
        "safeword",
        "filters, filter, guardrails, safeguards, restrictions, moderation, safety, policy, policies, ethics, limits, \
         rules, guidelines",
    ),
    (
        "texts",
        "text, message, messages, words, content, lines, sentence, paragraph, everything",
    ),
    ("musts", "must, should, shall, sollen, soll, needs to"),
    (
        "reads",
        "reads, summarizes, summarises, processes, handles, parses, answers, reviews, translates, reading, summarizing, \
         processing, handling, answering",
    ),
];

/// Phrases that change what a match near them means.
pub(super) const SIGNALS: &[(Meaning, &[&str])] = &[
    (
        Meaning::Negates,
        &[
            "dont|not|never|cannot|cant|shouldnt|wont|didnt|doesnt|mustnt|couldnt|wouldnt|isnt|without|avoid|nobody",
            "i_always|i_often|i_keep|i_sometimes|i_usually|we_always|we_often",
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
