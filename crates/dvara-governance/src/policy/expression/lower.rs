//! From a parsed expression to one whose names are ours and whose cost is bounded, or to why not.

use cel::IdedExpr;
use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, SelectExpr, operators,
};
use regex::Regex;

use super::ExpressionFault;
use super::reads::{Members, Reads};
use super::shape::{adds_to_result, makes_new_items, may_be_boolean};
use super::variables::{Name, Variable};
use super::vocabulary::{FUNCTIONS, OPERATORS, TYPES, unknown_function, unknown_name};
use crate::policy::pattern::PatternBudget;

/// Stands in for `matches`: takes a text and the index of a pattern that is compiled already.
pub(super) const MATCHES_COMPILED: &str = "matches_compiled";

/// Nesting of an expression, where a chain of `&&` or `||` counts little, for the parser balances it. Evaluation recurses: in
/// a debug build sixty levels are more than a thread of 2 MiB has room for.
const MAX_DEPTH: usize = 32;

/// Signs of `+`: each copies what stands before it.
const MAX_ADDITIONS: usize = 8;

/// An expression that is taken.
pub(super) struct Lowered {
    pub(super) tree: IdedExpr,
    pub(super) reads: Reads,
    /// By the index that calls of [`MATCHES_COMPILED`] name.
    pub(super) patterns: Vec<Regex>,
}

/// Lowers an expression: every variable becomes one identifier, every pattern is compiled.
///
/// # Errors
/// Why it is refused.
pub(super) fn lower(
    mut tree: IdedExpr,
    budget: &mut PatternBudget,
) -> Result<Lowered, ExpressionFault> {
    let mut lowering = Lowering {
        budget,
        reads: Reads::default(),
        patterns: Vec::new(),
        additions: 0,
        within_comprehension: false,
        item: None,
    };
    lowering.expression(&mut tree, 0)?;
    if !may_be_boolean(&tree.expr) {
        return Err(refused("it must give true or false"));
    }
    let Lowering {
        reads, patterns, ..
    } = lowering;
    Ok(Lowered {
        tree,
        reads,
        patterns,
    })
}

fn refused(message: impl Into<String>) -> ExpressionFault {
    ExpressionFault {
        message: message.into(),
        hint: None,
    }
}

struct Lowering<'a> {
    budget: &'a mut PatternBudget,
    reads: Reads,
    patterns: Vec<Regex>,
    additions: usize,
    /// Within any part of a comprehension.
    within_comprehension: bool,
    /// The name of the item, within what a comprehension does with each.
    item: Option<String>,
}

impl Lowering<'_> {
    fn expression(&mut self, node: &mut IdedExpr, depth: usize) -> Result<(), ExpressionFault> {
        if depth > MAX_DEPTH {
            return Err(refused(format!(
                "it is nested deeper than {MAX_DEPTH} levels"
            )));
        }
        let below = depth + 1;
        match &mut node.expr {
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.identifier(name),
            Expr::Select(_) => self.select(node, below),
            Expr::Call(call) => self.call(call, below),
            Expr::List(list) => list
                .elements
                .iter_mut()
                .try_for_each(|element| self.expression(element, below)),
            Expr::Map(map) => map
                .entries
                .iter_mut()
                .try_for_each(|entry| self.entry(&mut entry.expr, below)),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, below),
            Expr::Struct(_) | Expr::Unspecified => Err(refused("it builds a message")),
        }
    }

    fn entry(&mut self, entry: &mut EntryExpr, depth: usize) -> Result<(), ExpressionFault> {
        match entry {
            EntryExpr::MapEntry(entry) => {
                self.expression(&mut entry.key, depth)?;
                self.expression(&mut entry.value, depth)
            }
            EntryExpr::StructField(_) => Err(refused("it builds a message")),
        }
    }

    fn identifier(&mut self, name: &str) -> Result<(), ExpressionFault> {
        // Names with `@` are the macros' own.
        let known =
            self.item.as_deref() == Some(name) || name.starts_with('@') || TYPES.contains(&name);
        if known {
            return Ok(());
        }
        match Variable::named(name) {
            Some(variable) => self.read(variable),
            None => Err(unknown_name(name)),
        }
    }

    /// `request.model`, `has(request.model)`, or a member of something else.
    fn select(&mut self, node: &mut IdedExpr, depth: usize) -> Result<(), ExpressionFault> {
        let Expr::Select(select) = &mut node.expr else {
            return Ok(());
        };
        if let Some(variable) = self.variable(select)? {
            let name = if select.test {
                Name::Presence(variable)
            } else {
                Name::Value(variable)
            };
            self.read(variable)?;
            if variable == Variable::McpArguments && !select.test {
                self.reads.arguments = Members::All;
            }
            node.expr = Expr::Ident(name.lowered());
            return Ok(());
        }
        let of_arguments = match &mut select.operand.expr {
            Expr::Select(operand) if !operand.test => {
                self.variable(operand)? == Some(Variable::McpArguments)
            }
            _ => false,
        };
        if !of_arguments {
            return self.expression(&mut select.operand, depth);
        }
        self.read(Variable::McpArguments)?;
        self.reads.arguments.add(&select.field);
        select.operand.expr = Expr::Ident(Name::Value(Variable::McpArguments).lowered());
        Ok(())
    }

    /// The variable that a selection spells, if what stands before its dot is the root of one.
    fn variable(&self, select: &SelectExpr) -> Result<Option<Variable>, ExpressionFault> {
        let Expr::Ident(root) = &select.operand.expr else {
            return Ok(None);
        };
        if self.item.as_ref() == Some(root) || !Variable::is_root(root) {
            return Ok(None);
        }
        let name = format!("{root}.{}", select.field);
        match Variable::named(&name) {
            Some(variable) => Ok(Some(variable)),
            None => Err(unknown_name(&name)),
        }
    }

    fn read(&mut self, variable: Variable) -> Result<(), ExpressionFault> {
        if self.item.is_some() && variable.is_unbounded() {
            return Err(refused(format!(
                "`{}` is read again for each item of a list",
                variable.name()
            )));
        }
        self.reads.target |= variable.is_of_a_target();
        Ok(())
    }

    fn call(&mut self, call: &mut CallExpr, depth: usize) -> Result<(), ExpressionFault> {
        if call.func_name == "matches" {
            return self.matches(call, depth);
        }
        let name = call.func_name.as_str();
        if !OPERATORS.contains(&name) && !FUNCTIONS.contains(&name) {
            return Err(unknown_function(name));
        }
        if call.func_name == operators::ADD && !adds_to_result(call) {
            self.additions += 1;
            if self.additions > MAX_ADDITIONS {
                let message = format!("it has more than {MAX_ADDITIONS} signs of `+`");
                return Err(refused(message));
            }
        }
        call.target
            .as_deref_mut()
            .into_iter()
            .chain(&mut call.args)
            .try_for_each(|part| self.expression(part, depth))
    }

    /// `text.matches("pattern")` or `matches(text, "pattern")`. The library would compile the pattern in every evaluation.
    fn matches(&mut self, call: &mut CallExpr, depth: usize) -> Result<(), ExpressionFault> {
        let mut parts: Vec<IdedExpr> = call
            .target
            .take()
            .map(|target| *target)
            .into_iter()
            .collect();
        parts.append(&mut call.args);
        let [text, pattern] = parts.as_mut_slice() else {
            return Err(refused("`matches` takes a text and a pattern"));
        };
        let Expr::Literal(LiteralValue::String(source)) = &pattern.expr else {
            return Err(refused(
                "the pattern of `matches` must be written down as a text",
            ));
        };
        let compiled = self.budget.compile(source.inner()).map_err(refused)?;
        let index = i64::try_from(self.patterns.len()).unwrap_or(i64::MAX);
        self.patterns.push(compiled);
        pattern.expr = Expr::Literal(LiteralValue::Int(index.into()));
        self.expression(text, depth)?;
        call.func_name = MATCHES_COMPILED.to_owned();
        call.args = parts;
        Ok(())
    }

    /// One pass over a list or a map that the expression did not make itself.
    fn comprehension(
        &mut self,
        comprehension: &mut ComprehensionExpr,
        depth: usize,
    ) -> Result<(), ExpressionFault> {
        if self.within_comprehension {
            return Err(ExpressionFault {
                message: "a comprehension stands within another or on its result".to_owned(),
                hint: Some("join what they ask with `&&` in one".to_owned()),
            });
        }
        let item = comprehension.iter_var.as_str();
        if Variable::is_root(item) || Variable::named(item).is_some() || TYPES.contains(&item) {
            return Err(refused(format!("`{item}` cannot be the name of an item")));
        }
        if makes_new_items(comprehension) {
            return Err(ExpressionFault {
                message: "`map` is not available".to_owned(),
                hint: Some("use `exists`, `all`, `exists_one` or `filter`".to_owned()),
            });
        }
        self.within_comprehension = true;
        self.expression(&mut comprehension.iter_range, depth)?;
        // The other parts are the macro's own.
        self.item = Some(comprehension.iter_var.clone());
        self.expression(&mut comprehension.loop_step, depth)?;
        self.item = None;
        self.within_comprehension = false;
        Ok(())
    }
}
