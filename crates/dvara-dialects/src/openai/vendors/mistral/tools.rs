//! Tools: a function must have parameters, and nothing that Mistral does not know.

use serde_json::value::RawValue;

use crate::fields::Drops;
use crate::json::{self, Member};
use crate::openai::shape::{Field, Said};
use crate::request::ReadError;

pub(super) const FUNCTIONS_ONLY: &str = "its tools are functions, and its own connectors";

/// The tools, written anew when one of them has something that can't go.
pub(super) fn say(field: &Field<'_>, drops: &mut Drops) -> Result<Said, ReadError> {
    let tools = json::items(field.value)
        .ok_or_else(|| ReadError::validation("tools", "`tools` must be a list"))?;
    if tools.iter().all(|tool| fits(tool)) {
        return Ok(Said::AsItCame);
    }
    let mut said = Vec::with_capacity(tools.len());
    for tool in &tools {
        said.push(one(tool, field, drops)?);
    }
    Ok(Said::Value(format!("[{}]", said.join(",")).into()))
}

const OF_TOOLS: [&str; 2] = ["type", "function"];
const OF_FUNCTIONS: [&str; 4] = ["name", "description", "parameters", "strict"];

fn known(member: &Member<'_>, names: &[&str]) -> bool {
    names.contains(&&*member.key) && !json::is_null(member.value)
}

fn function<'a>(tool: &[Member<'a>]) -> Option<Vec<Member<'a>>> {
    let mut members = tool.iter();
    let function = members.find(|member| member.key == "function")?;
    json::members(function.value)
}

fn has_parameters(function: &[Member<'_>]) -> bool {
    function
        .iter()
        .any(|member| member.key == "parameters" && !json::is_null(member.value))
}

fn fits(tool: &RawValue) -> bool {
    let Some(members) = json::members(tool) else {
        return true;
    };
    match function(&members) {
        Some(function) => {
            members.iter().all(|member| known(member, &OF_TOOLS))
                && function.iter().all(|member| known(member, &OF_FUNCTIONS))
                && has_parameters(&function)
        }
        None => kind(&members) != "\"custom\"",
    }
}

fn kind<'a>(tool: &[Member<'a>]) -> &'a str {
    let kind = tool.iter().find(|member| member.key == "type");
    kind.map_or("", |kind| kind.value.get())
}

fn one(tool: &RawValue, field: &Field<'_>, drops: &mut Drops) -> Result<String, ReadError> {
    let members = json::members(tool).unwrap_or_default();
    if kind(&members) == "\"custom\"" {
        return Err(field.refusal(FUNCTIONS_ONLY));
    }
    let Some(function) = function(&members) else {
        return Ok(tool.get().to_owned());
    };
    let mut note = |member: &Member<'_>| {
        if !json::is_null(member.value) {
            drops.add_unknown(&format!("tools.{}", member.key));
        }
    };
    let others = members.iter().filter(|member| !known(member, &OF_TOOLS));
    others.for_each(&mut note);
    let (kept, others): (Vec<_>, Vec<_>) = function
        .iter()
        .partition(|member| known(member, &OF_FUNCTIONS));
    others.into_iter().for_each(&mut note);
    let mut parts: Vec<_> = kept
        .iter()
        .map(|member| format!("{}:{}", member.raw_key, member.value.get()))
        .collect();
    if !has_parameters(&function) {
        parts.push("\"parameters\":{\"type\":\"object\",\"properties\":{}}".to_owned());
    }
    let parts = parts.join(",");
    Ok(format!(
        "{{\"type\":\"function\",\"function\":{{{parts}}}}}"
    ))
}
