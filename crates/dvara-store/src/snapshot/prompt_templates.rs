//! The prompt templates that calls may name, ready to be filled in.

use std::collections::HashMap;

use dvara_governance::template::{Prompt, TemplateStatus};
use dvara_types::{PromptTemplateId, TenantId};

use super::BrokenRow;
use crate::rows::prompt_templates::{self, PromptTemplateRow};

/// A prompt template in use.
#[derive(Debug)]
pub struct PromptTemplate {
    /// Its id, for the answer's `resolved_template_id`.
    pub id: PromptTemplateId,
    /// Its version, for the answer's `resolved_template_version`.
    pub version: i32,
    /// Its texts.
    pub prompt: Prompt,
}

/// A call names a prompt template that it may not use (data-plane.md §14).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// There is none of this id, or it is another tenant's: 404 `prompt_template_not_found`.
    #[error("there is no such prompt template")]
    NotFound,
    /// It is a draft or archived: 400 `prompt_template_not_active`.
    #[error("the prompt template is not active")]
    NotActive,
}

#[derive(Debug, Default)]
pub(super) struct PromptTemplates {
    by_id: HashMap<String, Entry>,
    broken: Vec<BrokenRow>,
}

#[derive(Debug)]
struct Entry {
    /// Everybody's when absent.
    tenant: Option<TenantId>,
    /// Absent while it is not active.
    template: Option<PromptTemplate>,
}

impl PromptTemplates {
    pub(super) fn compile(rows: Vec<PromptTemplateRow>) -> Self {
        let mut by_id = HashMap::with_capacity(rows.len());
        let mut broken = Vec::new();
        for row in rows {
            let id = row.id.clone();
            match entry(row) {
                Ok(entry) => drop(by_id.insert(id, entry)),
                Err(reason) => broken.push(BrokenRow {
                    table: prompt_templates::TABLE,
                    id,
                    reason,
                }),
            }
        }
        Self { by_id, broken }
    }

    pub(super) fn find(
        &self,
        tenant: Option<&TenantId>,
        id: &str,
    ) -> Result<&PromptTemplate, TemplateFault> {
        let entry = self.by_id.get(id).ok_or(TemplateFault::NotFound)?;
        // Somebody else's is not told apart from none.
        if entry.tenant.is_some() && entry.tenant.as_ref() != tenant {
            return Err(TemplateFault::NotFound);
        }
        entry.template.as_ref().ok_or(TemplateFault::NotActive)
    }

    pub(super) fn broken(&self) -> &[BrokenRow] {
        &self.broken
    }
}

fn entry(row: PromptTemplateRow) -> Result<Entry, String> {
    let record = row.record()?;
    let template = if record.status == TemplateStatus::Active {
        let prompt = Prompt::parse(record.system_prompt.as_deref(), &record.user_prompt)
            .map_err(|error| error.to_string())?;
        Some(PromptTemplate {
            id: record.id,
            version: record.version,
            prompt,
        })
    } else {
        None
    };
    Ok(Entry {
        tenant: record.tenant,
        template,
    })
}
