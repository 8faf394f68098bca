//! What nobody wants to read: swear words, threats, weapons, sexual contents (control-plane.md §10.2).

use super::{Written, written};
use crate::guardrail::detection::Category::{Profanity, Sexual, Violence};

const STRONG: &str = "strong swear word";
const MILD: &str = "mild swear word";

pub(super) const RULES: &[Written] = &[
    written(
        "prof-fuck",
        0.8,
        Profanity,
        STRONG,
        &[
            "fuck|fucks|fucked|fucking|fucker|fuckers|motherfucker|motherfuckers|motherfucking|clusterfuck",
        ],
    ),
    written(
        "prof-shit",
        0.8,
        Profanity,
        STRONG,
        &["shit|shits|shitty|bullshit|shithead|dipshit|shitshow"],
    ),
    written(
        "prof-bitch",
        0.8,
        Profanity,
        STRONG,
        &["bitch|bitches|bitching|bitchy"],
    ),
    written("prof-cunt", 0.8, Profanity, STRONG, &["cunt|cunts"]),
    written(
        "prof-asshole",
        0.8,
        Profanity,
        STRONG,
        &["asshole|assholes|arsehole|arseholes"],
    ),
    written(
        "prof-damn",
        0.4,
        Profanity,
        MILD,
        &["damn|damned|goddamn|dammit|damnit"],
    ),
    written("prof-crap", 0.4, Profanity, MILD, &["crap|crappy"]),
    written("prof-hell", 0.4, Profanity, MILD, &["hell"]),
    written("prof-bastard", 0.4, Profanity, MILD, &["bastard|bastards"]),
    written(
        "viol-001",
        0.9,
        Violence,
        "threat against a person",
        &[
            "i|ill|im|we|well|were ..12 kill|murder|stab|shoot|strangle|slaughter|behead|hurt|hang|poison ..4 you|him|her|them|everyone|everybody",
            "going_to|gonna|will|ill|plan_to|want_to kill|murder|stab|shoot|strangle|slaughter|behead ..5 my|your|his|her|their|the @person",
            "you_will|youll|you_are_going_to|youre_going_to|you_deserve_to|you_should die|be_killed|bleed|be_dead",
            "how|help|way|ways ..16 kill|murder|poison|strangle|stab ..3 my|your|his|her|their|a @person",
        ],
    ),
    written(
        "viol-002",
        0.95,
        Violence,
        "how to make a weapon",
        &[
            "how|instructions|steps|guide|recipe|tutorial|explain|teach|tell|show|help|blueprint|plans ..30 @make ..14 @weapon",
            "@make ..8 bomb|pipebomb|grenade|ied|napalm|molotov|pipe_bomb|car_bomb|nail_bomb|dirty_bomb|nerve_gas|nerve_agent|ricin|sarin|bioweapon|explosives",
            "recipe|instructions|blueprint for ..8 @weapon",
        ],
    ),
    written(
        "viol-003",
        0.85,
        Violence,
        "torture and mutilation",
        &[
            "torture|torturing|mutilate|mutilating|mutilation|dismember|dismembering|dismemberment|disembowel|disemboweling|behead|beheading|decapitate|decapitating",
        ],
    ),
    written(
        "sex-001",
        0.9,
        Sexual,
        "sexually explicit content",
        &[
            "porn|porno|pornographic|pornography|hentai|blowjob|handjob|cumshot|gangbang|deepthroat|creampie|milf|bukkake|cunnilingus|fellatio",
            "explicit|graphic|hardcore ..4 sex|sexual|sexually|erotic",
            "sexually_explicit|dirty_talk|phone_sex|sex_tape",
            "write|generate|describe|tell|create ..20 erotica|smut|sex_scene|nsfw|erotic_story|erotic_stories",
        ],
    ),
    written(
        "sex-002",
        0.9,
        Sexual,
        "sexual solicitation",
        &[
            "send|show|sending ..10 nudes|naked_pictures|nude_pictures|naked_photos|nude_photos|dick_pics|dick_pic",
            "have_sex|sleep_with|cybersex|sext|sexting ..3 with_me|with_us",
            "sleep_with_me|suck_my|lick_my|ride_my|fuck_me",
            "nude|naked|sexy|sexual ..8 picture|pictures|photo|photos|image|images|video of ..12 child|children|minor|minors|girl|girls|boy|boys|teen|teens|her|him|celebrity",
        ],
    ),
];
