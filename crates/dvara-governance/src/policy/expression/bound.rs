//! The facts of one call, bound to the names of one expression.

use std::collections::HashMap;

use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelUInt,
};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use chrono::{Datelike, Timelike};
use serde_json::Value;

use super::NotEvaluable;
use super::lower::{Members, Reads};
use super::variables::{Name, Variable};
use crate::policy::facts::Facts;

/// The longest name that an expression may read, in bytes.
const MAX_NAME_BYTES: usize = 1024;

/// Tools, or values in the members of the arguments that an expression reads, lists and objects included.
const MAX_VALUES: usize = 1024;

/// Text in these, in bytes.
const MAX_TEXT_BYTES: usize = 256 * 1024;

/// Answers names with facts. Texts are borrowed; only what the expression reads is bound.
pub(super) struct Bound<'a> {
    facts: &'a Facts<'a>,
    tools: Option<CelList<'a>>,
    arguments: Option<Box<dyn Val + 'a>>,
}

impl<'a> Bound<'a> {
    /// Binds what an expression reads.
    ///
    /// # Errors
    /// When a fact that it reads is larger than an expression may read.
    pub(super) fn new(facts: &'a Facts<'a>, reads: &Reads) -> Result<Self, NotEvaluable> {
        for variable in &reads.variables {
            if name_of(facts, *variable).is_some_and(|name| name.len() > MAX_NAME_BYTES) {
                return Err(NotEvaluable::TooLarge(*variable));
            }
        }
        let tools = (facts.mcp.is_none() && reads.variable(Variable::Tools))
            .then(|| tools(facts.tools))
            .transpose()?;
        let arguments = facts
            .mcp
            .filter(|_| reads.variable(Variable::McpArguments))
            .map(|mcp| arguments(mcp.arguments, &reads.arguments))
            .transpose()?;
        Ok(Self {
            facts,
            tools,
            arguments,
        })
    }

    fn value(&self, variable: Variable) -> Option<CowVal<'_, '_>> {
        let facts = self.facts;
        let is_llm_call = facts.mcp.is_none();
        let number = |value: i64| CowVal::owned(CelInt::from(value));
        match variable {
            Variable::MaxTokens => facts
                .max_tokens
                .filter(|_| is_llm_call)
                .map(|asked| number(i64::try_from(asked).unwrap_or(i64::MAX))),
            Variable::Stream => is_llm_call.then(|| CowVal::owned(CelBool::from(facts.stream))),
            Variable::Tools => self.tools.as_ref().map(|tools| CowVal::Borrowed(tools)),
            Variable::McpArguments => self.arguments.as_deref().map(CowVal::Borrowed),
            Variable::BudgetUtilization => facts
                .budget_utilization_pct
                .map(|spent| CowVal::owned(CelDouble::from(spent))),
            Variable::TimeUnix => Some(number(facts.now.timestamp())),
            Variable::TimeHour => Some(number(facts.now.hour().into())),
            Variable::TimeMinute => Some(number(facts.now.minute().into())),
            Variable::TimeWeekday => {
                Some(number(facts.now.weekday().num_days_from_sunday().into()))
            }
            Variable::Model
            | Variable::User
            | Variable::TenantId
            | Variable::TenantRegion
            | Variable::KeyId
            | Variable::Region
            | Variable::McpServer
            | Variable::McpTool => {
                name_of(facts, variable).map(|name| CowVal::owned(CelString::from(name)))
            }
        }
    }
}

impl VariableResolver for Bound<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        match Name::parse(variable)? {
            Name::Value(variable) => self.value(variable),
            Name::Presence(variable) => {
                let present = self.value(variable).is_some();
                Some(CowVal::owned(CelBool::from(present)))
            }
        }
    }
}

/// The fact behind a variable that is a plain text.
fn name_of<'a>(facts: &Facts<'a>, variable: Variable) -> Option<&'a str> {
    match variable {
        Variable::Model => facts.model.filter(|_| facts.mcp.is_none()),
        Variable::User => facts.user,
        Variable::TenantId => Some(facts.tenant_id),
        Variable::TenantRegion => facts.tenant_region,
        Variable::KeyId => facts.key_id,
        Variable::Region => facts.region,
        Variable::McpServer => facts.mcp.map(|mcp| mcp.server),
        Variable::McpTool => facts.mcp.map(|mcp| mcp.tool),
        Variable::MaxTokens
        | Variable::Tools
        | Variable::Stream
        | Variable::McpArguments
        | Variable::BudgetUtilization
        | Variable::TimeUnix
        | Variable::TimeHour
        | Variable::TimeMinute
        | Variable::TimeWeekday => None,
    }
}

fn tools<'a>(names: &[&'a str]) -> Result<CelList<'a>, NotEvaluable> {
    let mut room = Room::new(Variable::Tools);
    let mut items: Vec<Box<dyn Val + 'a>> = Vec::with_capacity(names.len().min(MAX_VALUES));
    for &name in names {
        room.take(name.len())?;
        items.push(Box::new(CelString::from(name)));
    }
    Ok(items.into())
}

/// The members that are read, or everything. What is no object stays what it is, so that reading a member of it is an error
/// instead of finding nothing; null is an object without members, for so do callers leave arguments away.
fn arguments<'a>(
    arguments: &'a Value,
    members: &Members,
) -> Result<Box<dyn Val + 'a>, NotEvaluable> {
    let mut room = Room::new(Variable::McpArguments);
    match (arguments, members) {
        (Value::Null, _) => Ok(Box::new(CelMap::from(HashMap::new()))),
        (Value::Object(object), Members::Named(names)) => {
            let read = names
                .iter()
                .filter_map(|name| object.get_key_value(name.as_str()));
            room.map(read)
        }
        (whole, _) => room.convert(whole),
    }
}

/// How much of a fact may still be bound.
struct Room {
    variable: Variable,
    values: usize,
    bytes: usize,
}

impl Room {
    fn new(variable: Variable) -> Self {
        Self {
            variable,
            values: MAX_VALUES,
            bytes: MAX_TEXT_BYTES,
        }
    }

    fn take(&mut self, bytes: usize) -> Result<(), NotEvaluable> {
        let left = (self.values.checked_sub(1), self.bytes.checked_sub(bytes));
        let (Some(values), Some(bytes)) = left else {
            return Err(NotEvaluable::TooLarge(self.variable));
        };
        (self.values, self.bytes) = (values, bytes);
        Ok(())
    }

    fn convert<'a>(&mut self, value: &'a Value) -> Result<Box<dyn Val + 'a>, NotEvaluable> {
        let bytes = value.as_str().map_or(0, str::len);
        self.take(bytes)?;
        Ok(match value {
            Value::Null => Box::new(CelNull),
            Value::Bool(value) => Box::new(CelBool::from(*value)),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(whole), _) => Box::new(CelInt::from(whole)),
                (None, Some(large)) => Box::new(CelUInt::from(large)),
                (None, None) => Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN))),
            },
            Value::String(text) => Box::new(CelString::from(text.as_str())),
            Value::Array(items) => Box::new(self.list(items)?),
            Value::Object(members) => self.map(members)?,
        })
    }

    fn list<'a>(&mut self, items: &'a [Value]) -> Result<CelList<'a>, NotEvaluable> {
        let converted: Result<Vec<_>, _> = items.iter().map(|item| self.convert(item)).collect();
        Ok(converted?.into())
    }

    fn map<'a>(
        &mut self,
        members: impl IntoIterator<Item = (&'a String, &'a Value)>,
    ) -> Result<Box<dyn Val + 'a>, NotEvaluable> {
        let mut converted = HashMap::new();
        for (name, value) in members {
            self.take(name.len())?;
            converted.insert(CelMapKey::from(name.as_str()), self.convert(value)?);
        }
        Ok(Box::new(CelMap::from(converted)))
    }
}
