use super::*;
use crate::fields::Verdict;

const SHAPED: [ProviderKind; 10] = [
    ProviderKind::Openai,
    ProviderKind::AzureOpenai,
    ProviderKind::Mistral,
    ProviderKind::Groq,
    ProviderKind::Qwen,
    ProviderKind::Deepseek,
    ProviderKind::Moonshot,
    ProviderKind::Chatglm,
    ProviderKind::Grok,
    ProviderKind::Ollama,
];

#[test]
fn every_field_of_openais_has_one_verdict_and_they_are_in_order() {
    assert_eq!(plain::FIELDS.len(), 37);
    for kind in SHAPED {
        let fields = declared(kind).fields;
        let (of_openai, own) = fields.split_at(plain::FIELDS.len());
        let names = |list: &[(&'static str, Verdict)]| -> Vec<&str> {
            list.iter().map(|(name, _)| *name).collect()
        };
        assert_eq!(names(of_openai), names(plain::FIELDS), "{kind:?}");
        let own = names(own);
        assert!(own.is_sorted_by(|one, other| one < other), "{kind:?}");
        for name in own {
            assert!(!names(of_openai).contains(&name), "{kind:?} {name}");
        }
    }
}

#[test]
fn a_name_in_place_of_another_is_declared_to_be_so() {
    for kind in SHAPED {
        let declared = declared(kind);
        for (name, verdict) in declared.fields {
            if let Verdict::Renamed(new) = verdict {
                let mut drops = declared.drops.iter();
                assert!(drops.any(|(field, _)| field == new), "{kind:?} {name}");
            }
        }
    }
}

#[test]
fn vendors_that_drop_what_they_do_not_know_pass_their_own_fields() {
    for kind in [ProviderKind::Mistral, ProviderKind::Groq] {
        let own = &declared(kind).fields[plain::FIELDS.len()..];
        assert!(own.len() > 5);
        assert!(
            own.iter()
                .all(|(_, verdict)| matches!(verdict, Verdict::Passed))
        );
    }
}
