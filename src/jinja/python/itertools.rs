//! Python's `itertools`. What ends is a list; what does not end is made item by item.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};
use minijinja::{Error, State};

use super::namespace::namespace;
use crate::jinja::python::{
    Arguments, bind_required, expect_int, given, items_of, list, operators, tuple, unknown_method,
    value_error,
};
use crate::jinja::warning::warn_once;

type ValueResult = Result<Value, Error>;

/// More combinations than this are a mistake.
const RESULT_LIMIT: usize = 1_000_000;

/// `modules.itertools`
pub(crate) fn module() -> Value {
    namespace(
        "itertools",
        vec![
            ("count", tool("count", count)),
            ("cycle", tool("cycle", cycle)),
            ("repeat", tool("repeat", repeat)),
            ("accumulate", tool("accumulate", accumulate)),
            ("chain", Value::from_object(Chain)),
            ("compress", tool("compress", compress)),
            ("islice", tool("islice", islice)),
            ("starmap", tool("starmap", starmap)),
            ("tee", tool("tee", tee)),
            ("zip_longest", tool("zip_longest", zip_longest)),
            ("product", tool("product", product)),
            ("permutations", tool("permutations", |_, args| choose("permutations", args))),
            ("combinations", tool("combinations", |_, args| choose("combinations", args))),
            (
                "combinations_with_replacement",
                tool("combinations_with_replacement", |_, args| {
                    choose("combinations_with_replacement", args)
                }),
            ),
            ("groupby", tool("groupby", group_by)),
        ],
    )
}

type Body = fn(&mut State<'_, '_>, &[Value]) -> ValueResult;

/// A function of the module: dbt deprecates them all.
struct Tool {
    name: &'static str,
    body: Body,
}

fn tool(name: &'static str, body: Body) -> Value {
    Value::from_object(Tool { name, body })
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<function {}>", self.name)
    }
}

impl Object for Tool {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
        warn_deprecated(state);
        (self.body)(state, args)
    }
}

fn warn_deprecated(state: &State<'_, '_>) {
    let text = "Usage of itertools modules is deprecated. Please use the built-in functions instead.";
    warn_once(state, &WARNED, "ModulesItertoolsUsageDeprecation", text);
}

static WARNED: AtomicBool = AtomicBool::new(false);

/// `count`, `cycle` and `repeat` without an end.
pub(super) enum Endless {
    Count { start: Value, step: Value },
    Cycle(Vec<Value>),
    Repeat(Value),
}

impl Endless {
    pub(crate) fn at(&self, index: usize) -> Result<Value, Error> {
        match self {
            Self::Count { start, step } => {
                operators::add(start, &operators::multiply(step, &Value::from(index))?)
            }
            Self::Cycle(items) => Ok(items[index % items.len()].clone()),
            Self::Repeat(value) => Ok(value.clone()),
        }
    }
}

impl fmt::Debug for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { start, .. } => write!(f, "count({start})"),
            Self::Cycle(_) => f.write_str("<itertools.cycle object>"),
            Self::Repeat(value) => write!(f, "repeat({})", crate::jinja::python::repr(value)),
        }
    }
}

impl Object for Endless {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Iterable
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let this = Arc::clone(self);
        Enumerator::Iter(Box::new((0..).map(move |index| this.at(index).unwrap_or_default())))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

fn count(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [start, step] = bind_required("count", args, ["start", "step"], 0)?;
    let or = |value: Value, default: i64| if given(&value) { value } else { Value::from(default) };
    Ok(Value::from_object(Endless::Count { start: or(start, 0), step: or(step, 1) }))
}

fn cycle(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [items] = bind_required("cycle", args, ["iterable"], 1)?;
    let items = items_of(&items)?;
    Ok(if items.is_empty() { list(items) } else { Value::from_object(Endless::Cycle(items)) })
}

fn repeat(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [value, times] = bind_required("repeat", args, ["object", "times"], 1)?;
    if !given(&times) {
        return Ok(Value::from_object(Endless::Repeat(value)));
    }
    let times = usize::try_from(expect_int("repeat", &times)?).unwrap_or_default();
    limited(times)?;
    Ok(list(vec![value; times]))
}

fn limited(count: usize) -> Result<(), Error> {
    if count <= RESULT_LIMIT { Ok(()) } else { Err(value_error("the result has too many items")) }
}

fn accumulate(state: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [items, function, initial] = bind_required("accumulate", args, ["iterable", "func", "initial"], 1)?;
    let mut total = Some(initial).filter(given);
    let mut totals: Vec<Value> = total.iter().cloned().collect();
    for item in items_of(&items)? {
        let next = match total {
            None => item,
            Some(total) if given(&function) => function.call(state, &[total, item])?,
            Some(total) => operators::add(&total, &item)?,
        };
        totals.push(next.clone());
        total = Some(next);
    }
    Ok(list(totals))
}

/// `chain(a, b)` and `chain.from_iterable([a, b])`
#[derive(Debug)]
struct Chain;

impl Object for Chain {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
        warn_deprecated(state);
        let parts: Vec<Vec<Value>> = args.iter().map(items_of).collect::<Result<_, _>>()?;
        Ok(list(parts.concat()))
    }

    fn call_method(self: &Arc<Self>, state: &mut State<'_, '_>, method: &str, args: &[Value]) -> ValueResult {
        if method != "from_iterable" {
            return Err(unknown_method("chain", method));
        }
        let [parts] = bind_required(method, args, ["iterable"], 1)?;
        self.call(state, &items_of(&parts)?)
    }
}

fn compress(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [items, selectors] = bind_required("compress", args, ["data", "selectors"], 2)?;
    let pairs = items_of(&items)?.into_iter().zip(items_of(&selectors)?);
    Ok(list(pairs.filter(|(_, selector)| selector.is_true()).map(|(item, _)| item).collect()))
}

fn islice(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [items, first, second, step] =
        bind_required("islice", args, ["iterable", "start", "stop", "step"], 2)?;
    let number = |value: &Value| -> Result<Option<usize>, Error> {
        if !given(value) {
            return Ok(None);
        }
        usize::try_from(expect_int("islice", value)?).map(Some).map_err(|_| {
            value_error("Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
        })
    };
    let (start, stop) =
        if args.len() == 2 { (0, number(&first)?) } else { (number(&first)?.unwrap_or(0), number(&second)?) };
    let step = number(&step)?.unwrap_or(1).max(1);
    if let Some(endless) = items.downcast_object_ref::<Endless>() {
        let stop = stop.ok_or_else(|| value_error("an endless iterator needs a stop"))?;
        limited(stop.saturating_sub(start))?;
        return (start..stop)
            .step_by(step)
            .map(|index| endless.at(index))
            .collect::<Result<_, _>>()
            .map(list);
    }
    let items = items_of(&items)?.into_iter();
    let taken = items.take(stop.unwrap_or(usize::MAX)).skip(start).step_by(step);
    Ok(list(taken.collect()))
}

fn starmap(state: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [function, items] = bind_required("starmap", args, ["function", "iterable"], 2)?;
    let results = items_of(&items)?.into_iter().map(|item| function.call(state, &items_of(&item)?));
    results.collect::<Result<_, _>>().map(list)
}

fn tee(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [items, count] = bind_required("tee", args, ["iterable", "n"], 1)?;
    let count = if given(&count) { expect_int("tee", &count)? } else { 2 };
    let items = items_of(&items)?;
    Ok(tuple((0..count.clamp(0, 1000)).map(|_| list(items.clone())).collect()))
}

fn zip_longest(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let mut arguments = Arguments::new("zip_longest", args);
    let fill = arguments.take_keyword("fillvalue").unwrap_or(Value::from(()));
    let columns: Vec<Vec<Value>> = arguments.positional.iter().map(items_of).collect::<Result<_, _>>()?;
    let length = columns.iter().map(Vec::len).max().unwrap_or_default();
    let cell = |column: &Vec<Value>, at: usize| column.get(at).unwrap_or(&fill).clone();
    Ok(list((0..length).map(|at| tuple(columns.iter().map(|column| cell(column, at)).collect())).collect()))
}

fn product(_: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let mut arguments = Arguments::new("product", args);
    let repeat = arguments.take_keyword("repeat").map_or(Ok(1), |repeat| expect_int("product", &repeat))?;
    let repeat = usize::try_from(repeat).unwrap_or_default().min(100);
    let pools: Vec<Vec<Value>> = arguments.positional.iter().map(items_of).collect::<Result<_, _>>()?;
    let pools: Vec<&Vec<Value>> = std::iter::repeat_n(&pools, repeat).flatten().collect();
    let size = pools.iter().try_fold(1_usize, |size, pool| size.checked_mul(pool.len()));
    limited(size.unwrap_or(usize::MAX))?;
    let rows = pools.iter().fold(vec![Vec::new()], |rows, pool| {
        let extended = |row: &Vec<Value>| -> Vec<Vec<Value>> {
            pool.iter().map(|item| [row.as_slice(), std::slice::from_ref(item)].concat()).collect()
        };
        rows.iter().flat_map(extended).collect()
    });
    Ok(list(rows.into_iter().map(tuple).collect()))
}

/// `permutations`, `combinations` and `combinations_with_replacement`
fn choose(name: &'static str, args: &[Value]) -> ValueResult {
    let [items, length] = bind_required(name, args, ["iterable", "r"], 1)?;
    let items = items_of(&items)?;
    let length = if given(&length) {
        usize::try_from(expect_int(name, &length)?).map_err(|_| value_error("r must be non-negative"))?
    } else {
        items.len()
    };
    let mut rows: Vec<Vec<usize>> = Vec::new();
    if length > items.len() && name != "combinations_with_replacement" {
        return Ok(list(Vec::new()));
    }
    extend(name, items.len(), length, &mut Vec::new(), &mut rows)?;
    let row = |places: Vec<usize>| tuple(places.into_iter().map(|at| items[at].clone()).collect());
    Ok(list(rows.drain(..).map(row).collect()))
}

fn extend(
    name: &str,
    count: usize,
    length: usize,
    chosen: &mut Vec<usize>,
    rows: &mut Vec<Vec<usize>>,
) -> Result<(), Error> {
    if chosen.len() == length {
        rows.push(chosen.clone());
        return limited(rows.len());
    }
    let first = match (name, chosen.last()) {
        ("combinations", Some(last)) => last + 1,
        ("combinations_with_replacement", Some(last)) => *last,
        _ => 0,
    };
    for next in first..count {
        if name == "permutations" && chosen.contains(&next) {
            continue;
        }
        chosen.push(next);
        extend(name, count, length, chosen, rows)?;
        chosen.pop();
    }
    Ok(())
}

/// Runs of neighbours with the same key.
fn group_by(state: &mut State<'_, '_>, args: &[Value]) -> ValueResult {
    let [items, key] = bind_required("groupby", args, ["iterable", "key"], 1)?;
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for item in items_of(&items)? {
        let rank = if given(&key) { key.call(state, std::slice::from_ref(&item))? } else { item.clone() };
        match groups.last_mut() {
            Some((last, members)) if *last == rank => members.push(item),
            _ => groups.push((rank, vec![item])),
        }
    }
    Ok(list(groups.into_iter().map(|(key, members)| tuple(vec![key, list(members)])).collect()))
}

#[cfg(test)]
mod tests {
    use minijinja::Environment;

    #[test]
    fn as_python() {
        let evaluate = |expression: &str| {
            let mut environment = Environment::new();
            environment.add_global("itertools", super::module());
            environment.add_function("list", |value: &minijinja::Value| {
                super::items_of(value).map(crate::jinja::python::list)
            });
            let result = environment.compile_expression(expression).and_then(|compiled| compiled.eval(()));
            result.map_or_else(|error| format!("error: {error}"), |value| crate::jinja::python::repr(&value))
        };
        for (expression, expected) in [
            ("list(itertools.chain([1], (2, 3)))", "[1, 2, 3]"),
            ("list(itertools.chain.from_iterable([[1], [2]]))", "[1, 2]"),
            ("list(itertools.product([1, 2], ['a', 'b']))", "[(1, 'a'), (1, 'b'), (2, 'a'), (2, 'b')]"),
            ("list(itertools.product([0, 1], repeat=2))", "[(0, 0), (0, 1), (1, 0), (1, 1)]"),
            (
                "list(itertools.permutations([1, 2, 3], 2))",
                "[(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)]",
            ),
            ("list(itertools.combinations([1, 2, 3], 2))", "[(1, 2), (1, 3), (2, 3)]"),
            ("list(itertools.combinations([1], 2))", "[]"),
            ("list(itertools.combinations_with_replacement([1, 2], 2))", "[(1, 1), (1, 2), (2, 2)]"),
            ("list(itertools.zip_longest([1, 2], ['a']))", "[(1, 'a'), (2, None)]"),
            ("list(itertools.zip_longest([1, 2], ['a'], fillvalue='-'))", "[(1, 'a'), (2, '-')]"),
            ("list(itertools.islice([1, 2, 3, 4], 2))", "[1, 2]"),
            ("list(itertools.islice([1, 2, 3, 4], 1, none))", "[2, 3, 4]"),
            ("list(itertools.islice([1, 2, 3, 4, 5], 0, 5, 2))", "[1, 3, 5]"),
            ("list(itertools.islice(itertools.count(5, 2), 3))", "[5, 7, 9]"),
            ("list(itertools.islice(itertools.cycle('ab'), 3))", "['a', 'b', 'a']"),
            ("list(itertools.repeat('x', 2))", "['x', 'x']"),
            ("list(itertools.accumulate([1, 2, 3]))", "[1, 3, 6]"),
            ("list(itertools.compress([1, 2, 3], [true, false, true]))", "[1, 3]"),
        ] {
            assert_eq!(evaluate(expression), expected, "{expression}");
        }
    }
}
