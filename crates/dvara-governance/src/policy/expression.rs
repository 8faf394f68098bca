//! Rules as CEL expressions, bounded at compile time so that evaluating one is.
//!
//! # What an expression may read
//! The variables of [`Variable`] and nothing else. One that a call does not have is an error to read and false to ask for
//! with `has(…)`. An expression that stumbles over a fact of the other kind of call, `mcp.*` on an LLM call or the model,
//! its tools and bounds on an MCP call, does not apply to that call; any other stumble means that it cannot be evaluated
//! ([`NotEvaluable`]).
//!
//! # What an expression may do
//! Operators, `has`, `all`, `exists`, `exists_one`, `filter`, and the functions of [`vocabulary`]. Refused is whatever could make
//! time or memory grow faster than the call's facts: `map`, one comprehension within another or over its result, whole
//! lists within a comprehension, patterns that are not written down, and chains of `+`.
//!
//! The library stands behind [`Expression`] alone.

mod bound;
mod lower;
mod reads;
mod shape;
mod variables;
mod vocabulary;

use std::fmt;
use std::sync::{Arc, LazyLock};

use cel::common::types::CelBool;
use cel::parser::PrattParser;
use cel::{Context, Env, ExecutionError, IdedExpr, Value};
use regex::Regex;

use super::facts::Facts;
use super::pattern::PatternBudget;
use bound::Bound;
use lower::{Lowered, MATCHES_COMPILED};
use reads::Reads;
use variables::{Name, Variable};

/// The longest expression, in bytes.
pub const MAX_EXPRESSION_BYTES: usize = 2 * 1024;

/// Brackets within brackets, as far as they are not idle.
const MAX_NESTING: u16 = 32;

const MAX_CONDITIONALS: usize = 16;

/// The standard library, of which each expression needs the same one. Making it takes longer than an evaluation.
static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A compiled expression.
pub(super) struct Expression {
    root: Context<'static, 'static>,
    tree: IdedExpr,
    reads: Reads,
}

/// Why a text is no expression that we take.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ExpressionFault {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

/// Why an expression gives no answer about a call. Quotes nothing of the call, for the caller of a denied call reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotEvaluable {
    /// It reads a fact that the call does not have, without asking `has(…)` first.
    Absent(Variable),
    /// It reads a member or an item that is not there.
    NoSuchMember,
    /// It puts together types that do not go together.
    WrongType,
    /// It gives something else than true or false.
    NotABoolean,
    /// A fact is larger than what an expression may read.
    TooLarge(Variable),
    /// Anything else, such as a division by zero.
    Failed,
}

impl Expression {
    /// Compiles an expression of at most [`MAX_EXPRESSION_BYTES`].
    ///
    /// # Errors
    /// When it does not parse, reads an unknown variable, can be seen to give no boolean, or does what is refused.
    pub(super) fn compile(
        source: &str,
        patterns: &mut PatternBudget,
    ) -> Result<Self, ExpressionFault> {
        let parsed = parse(source)?;
        let Lowered {
            tree,
            reads,
            patterns,
        } = lower::lower(parsed, patterns)?;
        Ok(Self {
            root: root(patterns),
            tree,
            reads,
        })
    }

    /// Whether it holds for a call.
    ///
    /// # Errors
    /// When the call's facts give it no answer.
    pub(super) fn holds(&self, facts: &Facts<'_>) -> Result<bool, NotEvaluable> {
        let bound = Bound::new(facts, &self.reads);
        let mut scope = self.root.new_inner_scope();
        scope.set_variable_resolver(&bound);
        let error = match Value::resolve_val(&self.tree, &scope) {
            Ok(value) => {
                let answer = value.downcast_ref::<CelBool>();
                return answer
                    .map(|answer| *answer.inner())
                    .ok_or(NotEvaluable::NotABoolean);
            }
            Err(error) => error,
        };
        match NotEvaluable::from(&error, &bound) {
            NotEvaluable::Absent(variable) if variable.is_of_the_other_kind(facts) => Ok(false),
            why => Err(why),
        }
    }

    /// Whether its answer may change when a call goes to another target.
    pub(super) fn depends_on_target(&self) -> bool {
        self.reads.target
    }
}

/// Parses with the library's newer parser, whose recursion can be bounded; the other one runs out of stack on seventy brackets.
fn parse(source: &str) -> Result<IdedExpr, ExpressionFault> {
    // Its bound does not cover conditionals, so they are bounded here.
    if source.matches('?').count() > MAX_CONDITIONALS {
        return Err(ExpressionFault {
            message: format!("it has more than {MAX_CONDITIONALS} signs of `?`"),
            hint: None,
        });
    }
    PrattParser::new()
        .max_recursion_depth(MAX_NESTING)
        .parse(source)
        .map_err(|errors| syntax_fault(&errors))
}

/// The scope around each evaluation: the functions, with the patterns of this expression compiled once.
fn root(patterns: Vec<Regex>) -> Context<'static, 'static> {
    let mut root = Context::with_env(Arc::clone(&ENVIRONMENT));
    if !patterns.is_empty() {
        let matches = move |text: Arc<String>, index: i64| {
            usize::try_from(index)
                .ok()
                .and_then(|index| patterns.get(index))
                .is_some_and(|pattern| pattern.is_match(&text))
        };
        root.add_function(MATCHES_COMPILED, matches)
            .expect("the standard library has no function of this name");
    }
    root
}

fn syntax_fault(errors: &cel::ParseErrors) -> ExpressionFault {
    let message = match errors.errors.first() {
        Some(error) => {
            let (line, column) = error.pos;
            let what = error.msg.lines().next().unwrap_or_default();
            format!("{what} (line {line}, column {column} of the expression)")
        }
        None => "it does not parse".to_owned(),
    };
    ExpressionFault {
        message,
        hint: None,
    }
}

impl NotEvaluable {
    fn from(error: &ExecutionError, bound: &Bound<'_>) -> Self {
        match error {
            ExecutionError::UndeclaredReference(name) => match Name::parse(name) {
                Some(Name::Value(variable)) => bound.value(variable).err().unwrap_or(Self::Failed),
                Some(Name::Presence(_)) | None => Self::Failed,
            },
            ExecutionError::NoSuchKey(_) | ExecutionError::IndexOutOfBounds(_) => {
                Self::NoSuchMember
            }
            ExecutionError::NoSuchOverload(_)
            | ExecutionError::UnexpectedType { .. }
            | ExecutionError::ValuesNotComparable(..)
            | ExecutionError::UnsupportedBinaryOperator(..)
            | ExecutionError::UnsupportedKeyType(_) => Self::WrongType,
            _ => Self::Failed,
        }
    }
}

impl fmt::Display for NotEvaluable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent(variable) => write!(f, "the call has no `{}`", variable.name()),
            Self::NoSuchMember => f.write_str("it reads a member that is not there"),
            Self::WrongType => f.write_str("a value is not of the type it needs"),
            Self::NotABoolean => f.write_str("it gives neither true nor false"),
            Self::TooLarge(variable) => {
                write!(
                    f,
                    "`{}` is larger than an expression may read",
                    variable.name()
                )
            }
            Self::Failed => f.write_str("its evaluation failed"),
        }
    }
}

#[cfg(test)]
mod tests;
