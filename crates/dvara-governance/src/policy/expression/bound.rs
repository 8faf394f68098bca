//! The facts of one call, bound to the names of one expression.

use std::collections::HashMap;
use std::sync::OnceLock;

use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelUInt,
};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use chrono::{Datelike, Timelike};
use serde_json::Value;

use super::NotEvaluable;
use super::reads::{Members, Reads};
use super::variables::{Name, Variable};
use crate::policy::facts::Facts;

/// The longest name that an expression may read, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// Tools, or values in the members of the arguments that an expression reads, lists and objects included.
const MAX_VALUES: usize = 1024;

/// Text in these, in bytes.
const MAX_TEXT_BYTES: usize = 256 * 1024;

/// Answers names with facts, when they are asked for: what an expression does not come to read costs nothing, and cannot be
/// too large for it either. Texts are borrowed.
pub(super) struct Bound<'a> {
    facts: &'a Facts<'a>,
    members: &'a Members,
    tools: OnceLock<Result<CelList<'a>, NotEvaluable>>,
    arguments: OnceLock<Result<Box<dyn Val + 'a>, NotEvaluable>>,
}

impl<'a> Bound<'a> {
    pub(super) fn new(facts: &'a Facts<'a>, reads: &'a Reads) -> Self {
        Self {
            facts,
            members: &reads.arguments,
            tools: OnceLock::new(),
            arguments: OnceLock::new(),
        }
    }

    /// The value of a variable.
    ///
    /// # Errors
    /// When the call does not have it, or it is larger than an expression may read.
    pub(super) fn value(&self, variable: Variable) -> Result<CowVal<'_, '_>, NotEvaluable> {
        if variable.is_of_the_other_kind(self.facts) {
            return Err(NotEvaluable::Absent(variable));
        }
        let facts = self.facts;
        let number = |value: i64| CowVal::owned(CelInt::from(value));
        let value = match variable {
            Variable::MaxTokens => facts
                .max_tokens
                .map(|asked| number(i64::try_from(asked).unwrap_or(i64::MAX))),
            Variable::Stream => Some(CowVal::owned(CelBool::from(facts.stream))),
            Variable::Tools => return self.tools(),
            Variable::McpArguments => return self.arguments(),
            Variable::BudgetUtilization => facts
                .budget_utilization_pct
                .map(|spent| CowVal::owned(CelDouble::from(spent))),
            Variable::TimeUnix => Some(number(facts.now.timestamp())),
            Variable::TimeHour => Some(number(facts.now.hour().into())),
            Variable::TimeMinute => Some(number(facts.now.minute().into())),
            Variable::TimeWeekday => {
                Some(number(facts.now.weekday().num_days_from_sunday().into()))
            }
            Variable::Model => name(variable, facts.model)?,
            Variable::User => name(variable, facts.user)?,
            Variable::TenantId => name(variable, Some(facts.tenant_id))?,
            Variable::TenantRegion => name(variable, facts.tenant_region)?,
            Variable::KeyId => name(variable, facts.key_id)?,
            Variable::Region => name(variable, facts.region)?,
            Variable::McpServer => name(variable, facts.mcp.map(|mcp| mcp.server))?,
            Variable::McpTool => name(variable, facts.mcp.map(|mcp| mcp.tool))?,
        };
        value.ok_or(NotEvaluable::Absent(variable))
    }

    fn tools(&self) -> Result<CowVal<'_, '_>, NotEvaluable> {
        match self.tools.get_or_init(|| tools(self.facts.tools)) {
            Ok(tools) => Ok(CowVal::Borrowed(tools)),
            Err(why) => Err(*why),
        }
    }

    fn arguments(&self) -> Result<CowVal<'_, '_>, NotEvaluable> {
        let Some(mcp) = self.facts.mcp else {
            return Err(NotEvaluable::Absent(Variable::McpArguments));
        };
        let converted = self
            .arguments
            .get_or_init(|| arguments(mcp.arguments, self.members));
        match converted {
            Ok(arguments) => Ok(CowVal::Borrowed(arguments.as_ref())),
            Err(why) => Err(*why),
        }
    }
}

impl VariableResolver for Bound<'_> {
    /// The library knows no reason why there is no value; whoever needs it asks [`Bound::value`] again.
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        match Name::parse(variable)? {
            Name::Value(variable) => self.value(variable).ok(),
            Name::Presence(variable) => {
                let absent = matches!(self.value(variable), Err(NotEvaluable::Absent(_)));
                Some(CowVal::owned(CelBool::from(!absent)))
            }
        }
    }
}

fn name(variable: Variable, name: Option<&str>) -> Result<Option<CowVal<'_, '_>>, NotEvaluable> {
    match name {
        Some(name) if name.len() > MAX_NAME_BYTES => Err(NotEvaluable::TooLarge(variable)),
        name => Ok(name.map(|name| CowVal::owned(CelString::from(name)))),
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
