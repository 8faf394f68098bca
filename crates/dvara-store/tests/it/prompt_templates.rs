//! Prompt templates: what the writer accepts and refuses, what it keeps, and what the gateways see of it.

use std::time::Duration;

use dvara_governance::template::{MAX_TEMPLATE_BYTES, TemplateStatus};
use dvara_store::admin::{NewPromptTemplate, PromptTemplateChange, PromptTemplateRecord};
use dvara_store::snapshot::{Overlay, TemplateFault};
use dvara_store::{Admin, AdminError, Feed, FeedSettings, Snapshot};
use dvara_types::{PromptTemplateId, TenantId};
use serde_json::json;

use crate::{eventually, store, tenant};

async fn made(admin: &Admin<'_>, tenant: Option<&str>, user_prompt: &str) -> PromptTemplateRecord {
    let new = NewPromptTemplate {
        tenant: tenant.map(|id| TenantId::parse(id).unwrap()),
        name: "a template".to_owned(),
        system_prompt: Some("You are {{role}}.".to_owned()),
        user_prompt: user_prompt.to_owned(),
    };
    admin.create_prompt_template(new).await.unwrap()
}

async fn active(admin: &Admin<'_>, tenant: Option<&str>, text: &str) -> PromptTemplateRecord {
    let id = made(admin, tenant, text).await.id;
    admin
        .set_prompt_template_status(&id, TemplateStatus::Active)
        .await
        .unwrap()
}

async fn with_text(
    admin: &Admin<'_>,
    id: &PromptTemplateId,
    text: &str,
) -> Result<PromptTemplateRecord, AdminError> {
    let change = PromptTemplateChange {
        user_prompt: Some(text.to_owned()),
        ..PromptTemplateChange::default()
    };
    admin.update_prompt_template(id, change).await
}

/// What a tenant's call would say with this template, its one variable filled in.
fn said(
    snapshot: &Snapshot,
    tenant: Option<&str>,
    id: &PromptTemplateId,
) -> Result<String, TemplateFault> {
    let tenant = tenant.map(|id| TenantId::parse(id).unwrap());
    let template = snapshot.prompt_template(tenant.as_ref(), id.as_str())?;
    assert_eq!(&template.id, id);
    let values = json!({"role": "kind"}).as_object().cloned().unwrap();
    let rendered = template.prompt.render(&values).unwrap();
    Ok(format!("{} {}", rendered.system.unwrap(), rendered.user))
}

async fn feed(store: dvara_store::Store) -> Feed {
    Feed::start(store, Overlay::default(), None, FeedSettings::default())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_template_begins_as_a_draft_and_reads_as_it_was_written() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    tenant(&admin, "acme").await;
    let template = made(&admin, Some("acme"), "  Hello\n").await;
    assert!(template.id.as_str().starts_with("prm_"));
    assert_eq!(
        (template.status, template.version),
        (TemplateStatus::Draft, 1)
    );
    assert_eq!(template.user_prompt, "  Hello\n");
    assert_eq!(admin.prompt_template(&template.id).await.unwrap(), template);
    assert_eq!(
        admin.prompt_templates().await.unwrap(),
        std::slice::from_ref(&template)
    );
    let change = PromptTemplateChange {
        system_prompt: Some(String::new()),
        ..PromptTemplateChange::default()
    };
    let bare = admin
        .update_prompt_template(&template.id, change)
        .await
        .unwrap();
    assert_eq!((bare.system_prompt, bare.version), (None, 2));
}

#[tokio::test]
async fn wrong_input_is_refused_with_its_text_and_changes_nothing() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    let template = made(&admin, None, "Hello").await;
    let long = "x".repeat(MAX_TEMPLATE_BYTES + 1);
    for (text, expected) in [
        (" ", "user_prompt: must not be empty"),
        ("a\0b", "user_prompt: must not contain a zero byte"),
        (&long, "user_prompt: must not be longer than 256 KiB"),
    ] {
        let error = with_text(&admin, &template.id, text).await.unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
    let new = NewPromptTemplate {
        tenant: Some(TenantId::parse("ghost").unwrap()),
        name: "x".to_owned(),
        user_prompt: "x".to_owned(),
        ..NewPromptTemplate::default()
    };
    let error = admin.create_prompt_template(new).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no tenant `ghost`");
    let ghost = PromptTemplateId::parse("prm_ghost").unwrap();
    let error = with_text(&admin, &ghost, "x").await.unwrap_err();
    assert_eq!(error.to_string(), "there is no prompt template `prm_ghost`");
    assert_eq!(admin.prompt_templates().await.unwrap(), [template]);
}

#[tokio::test]
async fn a_status_follows_only_the_one_before_it() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    let id = made(&admin, None, "Hello").await.id;
    for (status, refused) in [
        (
            TemplateStatus::Archived,
            Some("ARCHIVED does not follow DRAFT: only ACTIVE does"),
        ),
        (TemplateStatus::Active, None),
        (TemplateStatus::Active, None),
        (
            TemplateStatus::Draft,
            Some("DRAFT does not follow ACTIVE: only ARCHIVED does"),
        ),
        (TemplateStatus::Archived, None),
        (
            TemplateStatus::Active,
            Some("ACTIVE does not follow ARCHIVED: nothing does"),
        ),
    ] {
        let outcome = admin.set_prompt_template_status(&id, status).await;
        match refused {
            None => assert_eq!(outcome.unwrap().status, status),
            Some(expected) => {
                let error = outcome.unwrap_err().to_string();
                assert!(error.contains(expected), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn the_last_ten_versions_are_kept_and_can_be_restored() {
    let (_database, store) = store().await;
    let admin = Admin::new(&store);
    let id = active(&admin, None, "m1").await.id;
    for number in 2..=12 {
        let template = with_text(&admin, &id, &format!("m{number}")).await.unwrap();
        assert_eq!(template.version, number);
    }
    assert_eq!(with_text(&admin, &id, "m12").await.unwrap().version, 12);
    let versions = admin.prompt_template_versions(&id).await.unwrap();
    let numbers: Vec<i32> = versions.iter().map(|version| version.version).collect();
    assert_eq!(numbers, (3..=12).rev().collect::<Vec<_>>());
    let gone = admin
        .restore_prompt_template_version(&id, 2)
        .await
        .unwrap_err();
    assert!(
        gone.to_string().contains("no prompt template version"),
        "{gone}"
    );
    let back = admin.restore_prompt_template_version(&id, 3).await.unwrap();
    assert_eq!((back.version, back.user_prompt.as_str()), (13, "m3"));
    assert_eq!(back.status, TemplateStatus::Active);
}

#[tokio::test]
async fn a_gateway_sees_a_template_within_a_second_and_only_whose_it_is() {
    let (database, store) = store().await;
    let admin = Admin::new(&store);
    tenant(&admin, "acme").await;
    let shared = active(&admin, None, "shared").await.id;
    let feed = feed(database.store().await).await;
    let running = feed.clone();
    let task = tokio::spawn(async move { running.run().await });
    eventually(Duration::from_secs(30), "it listens", || {
        feed.counters().listening
    })
    .await;
    let id = made(&admin, Some("acme"), "Hello").await.id;
    let took = eventually(Duration::from_secs(30), "the draft is known", || {
        said(&feed.current(), Some("acme"), &id) == Err(TemplateFault::NotActive)
    })
    .await;
    assert!(took < Duration::from_secs(1), "{took:?}");
    admin
        .set_prompt_template_status(&id, TemplateStatus::Active)
        .await
        .unwrap();
    eventually(Duration::from_secs(30), "it is in use", || {
        said(&feed.current(), Some("acme"), &id).as_deref() == Ok("You are kind. Hello")
    })
    .await;
    let snapshot = feed.current();
    assert_eq!(
        said(&snapshot, Some("globex"), &id),
        Err(TemplateFault::NotFound)
    );
    assert_eq!(said(&snapshot, None, &id), Err(TemplateFault::NotFound));
    for anybody in [Some("acme"), Some("globex"), None] {
        assert_eq!(
            said(&snapshot, anybody, &shared).as_deref(),
            Ok("You are kind. shared")
        );
    }
    admin
        .set_prompt_template_status(&id, TemplateStatus::Archived)
        .await
        .unwrap();
    eventually(Duration::from_secs(30), "it is out of use", || {
        said(&feed.current(), Some("acme"), &id) == Err(TemplateFault::NotActive)
    })
    .await;
    task.abort();
}

#[tokio::test]
async fn a_broken_template_is_named_and_the_others_serve() {
    let (database, store) = store().await;
    let admin = Admin::new(&store);
    let good = active(&admin, None, "Hello").await.id;
    database
        .execute(
            "INSERT INTO dvara_main.prompt_templates (id, name, user_prompt, status, version) VALUES
                 ('prm-long', 'x', repeat('x', 262145), 'ACTIVE', 1),
                 ('prm-draft', 'x', repeat('x', 262145), 'DRAFT', 1),
                 ('Not An Id', 'x', 'x', 'ACTIVE', 1)",
        )
        .await;
    let feed = feed(store.clone()).await;
    let snapshot = feed.current();
    assert!(said(&snapshot, None, &good).is_ok());
    let long = PromptTemplateId::parse("prm-long").unwrap();
    assert_eq!(said(&snapshot, None, &long), Err(TemplateFault::NotFound));
    let mut broken: Vec<String> = snapshot
        .broken()
        .iter()
        .map(|row| format!("{}/{}: {}", row.table, row.id, row.reason))
        .collect();
    broken.sort();
    assert_eq!(broken.len(), 2, "{broken:?}");
    assert!(
        broken[0].starts_with("prompt_templates/Not An Id: "),
        "{broken:?}"
    );
    assert!(broken[1].starts_with("prompt_templates/prm-long: user_prompt: must not be longer"));
}
