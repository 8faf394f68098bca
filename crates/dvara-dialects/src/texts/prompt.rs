//! A call that names a prompt template instead of writing its prompt out (data-plane.md §14).

use serde_json::{Map, Value};

use crate::json::{self, Member, Members};
use crate::request::{ChatRequest, ReadError, ReadLimits};
use crate::splice::{Edits, Span};

/// Members of `metadata` that name a template.
const ID: &str = "prompt_template_id";
const VARIABLES: &str = "prompt_variables";

/// The template that a call names. Without a debug form: values are texts of people.
#[derive(Clone, PartialEq)]
pub struct TemplateCall {
    /// Its id.
    pub id: String,
    /// What its variables stand for.
    pub variables: Map<String, Value>,
}

impl ChatRequest {
    /// The template that the call names; `None` when it names none.
    ///
    /// # Errors
    /// When the id is no text, or the variables are no object.
    pub fn template_call(&self) -> Result<Option<TemplateCall>, ReadError> {
        let Some(members) = self.metadata_members() else {
            return Ok(None);
        };
        let find = |name: &str| members.iter().find(|member| member.key == name);
        let Some(id) = find(ID) else {
            return Ok(None);
        };
        let id = json::string(id.value)
            .filter(|id| !id.is_empty())
            .ok_or_else(|| wrong(ID, "must be a template's id"))?;
        let variables = match find(VARIABLES) {
            None => Map::new(),
            Some(member) => serde_json::from_str(member.value.get())
                .map_err(|_| wrong(VARIABLES, "must be an object of names and values"))?,
        };
        Ok(Some(TemplateCall {
            id: id.into_owned(),
            variables,
        }))
    }

    /// The call with a prompt before its messages; its metadata say which template it came from.
    ///
    /// # Errors
    /// None that the call itself did not have.
    pub fn with_prompt(
        &self,
        system: Option<&str>,
        user: &str,
        resolved: (&str, i32),
        limits: &ReadLimits,
    ) -> Result<Self, ReadError> {
        let first = Span::of(self.messages_literal(), self.text()).start + 1;
        let mut edits = Edits::new();
        let system = system.map(|system| message("system", system));
        edits.replace(
            Span::before(first),
            system.unwrap_or_default() + &message("user", user),
        );
        if let (Some(span), Some(members)) = (self.metadata, self.metadata_members()) {
            edits.replace(span, metadata(&members, resolved));
        }
        Self::read_openai(edits.apply(self.body()), limits)
    }

    fn metadata_members(&self) -> Option<Vec<Member<'_>>> {
        let span = self.metadata?;
        let members = serde_json::from_str::<Members<'_>>(&self.text()[span.start..span.end]);
        members.ok().map(|members| members.0)
    }
}

fn wrong(name: &str, problem: &str) -> ReadError {
    let field = format!("metadata.{name}");
    let message = format!("`{field}` {problem}");
    ReadError::invalid(&field, message)
}

/// A message, and the comma before the next.
fn message(role: &str, text: &str) -> String {
    format!("{{\"role\":\"{role}\",\"content\":{}}},", json::quote(text))
}

/// What the vendor is told in the place of the call's own metadata.
fn metadata(members: &[Member<'_>], (id, version): (&str, i32)) -> String {
    let kept = members
        .iter()
        .filter(|member| member.key != ID && member.key != VARIABLES)
        .map(|member| format!("{}:{},", member.raw_key, member.value.get()));
    let id = json::quote(id);
    // Vendors take texts only.
    format!(
        "{{{}\"resolved_template_id\":{id},\"resolved_template_version\":\"{version}\"}}",
        kept.collect::<String>()
    )
}
