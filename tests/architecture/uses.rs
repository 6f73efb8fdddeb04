//! Which file of the crate uses which: every spelling of `use`, and paths in code.
//!
//! A file uses the file in which a name that it mentions is defined. A file that re-exports the name is looked through, and
//! one that only re-exports uses nothing: so a `mod.rs` that declares and re-exports its children is no circle with them,
//! and one that defines what its children take is. A glob leads to each name that it brings and the file mentions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::tokens;

/// The names that lead from the crate's root to a file.
pub(super) type Module = Vec<String>;

/// A path and the name that it has from then on.
struct Import {
    path: Vec<String>,
    alias: String,
}

struct Source {
    file: String,
    imports: Vec<Import>,
    /// Paths of the code: `crate::x::y`, `x::y`.
    paths: Vec<Vec<String>>,
    words: BTreeSet<String>,
    /// What it defines, wherever in it.
    items: BTreeSet<String>,
    /// The files that it declares, those for tests aside.
    children: BTreeSet<String>,
}

/// The files of a crate.
pub(super) struct Crate(BTreeMap<Module, Source>);

/// The module of `run/node/mod.rs`, relative to `src/`.
fn module_of(file: &str) -> Module {
    let mut parts: Module = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

impl Source {
    fn read(file: &str, text: &str) -> Self {
        let tokens = tokens::of(text);
        let mut source = Self {
            file: file.to_owned(),
            imports: Vec::new(),
            paths: Vec::new(),
            words: BTreeSet::new(),
            items: BTreeSet::new(),
            children: BTreeSet::new(),
        };
        let mut at = 0;
        let mut depth = 0;
        // the modules that are written out in the file, by the depth of their braces
        let mut inline = Vec::new();
        while at < tokens.len() {
            let next = tokens.get(at + 1).map_or("", String::as_str);
            match tokens[at].as_str() {
                "{" => {
                    depth += 1;
                    at += 1;
                }
                "}" => {
                    depth -= 1;
                    if inline.last() == Some(&depth) {
                        inline.pop();
                    }
                    at += 1;
                }
                // `impl Trait + use<'a>` is none
                "use" if next != "<" => {
                    let end = at + tokens[at..].iter().position(|token| token == ";").unwrap_or_default();
                    let mut tree = tokens[at + 1..end].iter().map(String::as_str).peekable();
                    let first = source.imports.len();
                    source.tree(&mut tree, &[]);
                    for import in &mut source.imports[first..] {
                        leave(&mut import.path, inline.len());
                    }
                    at = end.max(at) + 1;
                }
                "extern" if tokens[at..].iter().take(4).eq(&["extern", "crate", "self", "as"]) => {
                    let alias = tokens.get(at + 4).cloned().unwrap_or_default();
                    source.imports.push(Import { path: vec!["crate".to_owned()], alias });
                    at += 5;
                }
                "mod" if tokens.get(at + 2).is_some_and(|token| token == ";") => {
                    source.children.insert(next.to_owned());
                    at += 3;
                }
                // the surface for tests is no part of the house
                "mod" if file == "lib.rs" && next == "inside" => break,
                "mod" if tokens.get(at + 2).is_some_and(|token| token == "{") => {
                    inline.push(depth);
                    depth += 1;
                    at += 3;
                }
                "fn" | "struct" | "enum" | "trait" | "const" | "static" | "type" | "union" => {
                    source.items.insert(next.to_owned());
                    at += 1;
                }
                word if word.chars().all(|letter| letter.is_alphanumeric() || letter == '_') => {
                    let mut path = vec![word.to_owned()];
                    while tokens.get(at + 1).is_some_and(|token| token == "::")
                        && tokens
                            .get(at + 2)
                            .is_some_and(|token| token.chars().all(|c| c.is_alphanumeric() || c == '_'))
                    {
                        at += 2;
                        path.push(tokens[at].clone());
                    }
                    source.words.extend(path.iter().cloned());
                    if path.len() > 1 {
                        leave(&mut path, inline.len());
                        source.paths.push(path);
                    }
                    at += 1;
                }
                _ => at += 1,
            }
        }
        source
    }

    /// One branch of a `use`: `a::b as c`, `a::{b, c::*}`.
    fn tree<'t>(
        &mut self,
        tokens: &mut std::iter::Peekable<impl Iterator<Item = &'t str>>,
        before: &[String],
    ) {
        let mut path = before.to_vec();
        while let Some(token) = tokens.next() {
            match token {
                "::" => {}
                "{" => {
                    while tokens.peek().is_some_and(|token| *token != "}") {
                        self.tree(tokens, &path);
                    }
                    tokens.next();
                    if tokens.peek() == Some(&",") {
                        tokens.next();
                    }
                    return;
                }
                "," => break,
                "as" => {
                    let alias = tokens.next().unwrap_or_default().to_owned();
                    if tokens.peek() == Some(&",") {
                        tokens.next();
                    }
                    return self.import(path, Some(alias));
                }
                token => path.push(token.to_owned()),
            }
            if tokens.peek() == Some(&"}") {
                break;
            }
        }
        self.import(path, None);
    }

    fn import(&mut self, mut path: Vec<String>, alias: Option<String>) {
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let Some(last) = path.last().cloned() else { return };
        self.imports.push(Import { path, alias: alias.unwrap_or(last) });
    }

    /// The modules whose names it takes as a whole.
    fn globs(&self) -> impl Iterator<Item = &[String]> {
        let globs = self.imports.iter().filter(|import| import.alias == "*");
        globs.filter_map(|import| import.path.split_last().map(|(_, module)| module))
    }

    /// The paths that the file itself needs, re-exports aside.
    fn needed(&self) -> impl Iterator<Item = &Vec<String>> {
        let is_needed = |import: &&Import| {
            matches!(import.alias.as_str(), "*" | "_") || self.words.contains(&import.alias)
        };
        self.imports.iter().filter(is_needed).map(|import| &import.path).chain(&self.paths)
    }

    fn alias(&self, name: &str) -> Option<&Vec<String>> {
        self.imports.iter().find(|import| import.alias == name).map(|import| &import.path)
    }
}

/// A path of a module that is written out in the file, as the file would write it.
fn leave(path: &mut Vec<String>, levels: usize) {
    let climbs = path.iter().take_while(|part| *part == "super").count();
    path.drain(..climbs.min(levels));
    if levels > 0 && climbs > 0 && climbs <= levels {
        path.insert(0, "self".to_owned());
    }
}

impl Crate {
    /// From the files' names below `src/` and their texts.
    pub(super) fn new<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let files = files.into_iter().map(|(file, text)| (module_of(file), Source::read(file, text)));
        let mut modules: BTreeMap<Module, Source> = files.collect();
        let of_tests: Vec<Module> = modules
            .keys()
            .filter(|module| {
                let parent =
                    module.split_last().and_then(|(name, parent)| Some((name, modules.get(parent)?)));
                parent.is_some_and(|(name, parent)| !parent.children.contains(name))
            })
            .cloned()
            .collect();
        for module in &of_tests {
            modules.remove(module);
        }
        Self(modules)
    }

    /// The module in which a path of `module` is defined; `None` where that is another crate.
    fn resolve(
        &self,
        module: &[String],
        path: &[String],
        seen: &mut Vec<(Module, Vec<String>)>,
    ) -> Option<Module> {
        let step = (module.to_vec(), path.to_vec());
        if seen.contains(&step) {
            return None;
        }
        seen.push(step);
        let child = |at: &[String], name: &String| {
            let mut child = at.to_vec();
            child.push(name.clone());
            self.0.contains_key(&child).then_some(child)
        };
        let mut rest = path;
        let mut at = module.to_vec();
        match path.first()?.as_str() {
            "crate" => (at, rest) = (Vec::new(), &path[1..]),
            "self" | "super" => {
                while let Some((first, after)) = rest.split_first()
                    && matches!(first.as_str(), "self" | "super")
                {
                    if first == "super" {
                        at.pop();
                    }
                    rest = after;
                }
            }
            first => {
                let source = self.0.get(module)?;
                let is_own = child(module, &path[0]).is_some() || source.alias(first).is_some();
                if !is_own && !source.items.contains(first) {
                    return self.through_glob(module, path, seen);
                }
            }
        }
        while let Some((first, after)) = rest.split_first() {
            if let Some(below) = child(&at, first) {
                (at, rest) = (below, after);
                continue;
            }
            if let Some(target) = self.0.get(&at).and_then(|source| source.alias(first)) {
                // a crate and its item of the same name
                if target.first() == Some(first) {
                    break;
                }
                let whole: Vec<String> = target.iter().chain(after).cloned().collect();
                return self.resolve(&at, &whole, seen);
            }
            let defines = self.0.get(&at).is_some_and(|source| source.items.contains(first));
            if !defines && let Some(beyond) = self.through_glob(&at, rest, seen) {
                return Some(beyond);
            }
            break;
        }
        Some(at)
    }

    /// The same for a path that begins with a name which a `use x::*` of the module brings.
    fn through_glob(
        &self,
        module: &[String],
        path: &[String],
        seen: &mut Vec<(Module, Vec<String>)>,
    ) -> Option<Module> {
        let mut globs = self.0.get(module)?.globs();
        globs.find_map(|glob| {
            let target = self.resolve(module, glob, seen)?;
            let source = self.0.get(&target)?;
            let name = path.first()?;
            let mut child = target.clone();
            child.push(name.clone());
            let provides = self.0.contains_key(&child)
                || source.items.contains(name)
                || source.alias(name).is_some()
                || source.globs().next().is_some();
            if provides { self.resolve(&target, path, seen) } else { None }
        })
    }

    /// What the file mentions of the names that its globs bring, as paths.
    fn brought(&self, module: &[String]) -> BTreeSet<Vec<String>> {
        let Some(source) = self.0.get(module).filter(|source| source.globs().next().is_some()) else {
            return BTreeSet::new();
        };
        let is_own = |word: &String| source.items.contains(word) || source.alias(word).is_some();
        source.words.iter().filter(|word| !is_own(word)).map(|word| vec![word.clone()]).collect()
    }

    fn uses_of(&self, module: &[String]) -> BTreeSet<Module> {
        let Some(source) = self.0.get(module) else { return BTreeSet::new() };
        let brought = self.brought(module);
        let paths = source.needed().chain(&brought);
        let targets = paths.filter_map(|path| self.resolve(module, path, &mut Vec::new()));
        targets.filter(|target| target != module && self.0.contains_key(target)).collect()
    }

    /// Each circle once: its files on the shortest way around.
    pub(super) fn circles(&self) -> Vec<String> {
        let edges: BTreeMap<&Module, BTreeSet<Module>> =
            self.0.keys().map(|module| (module, self.uses_of(module))).collect();
        let mut done = BTreeSet::new();
        let mut circles = Vec::new();
        for start in self.0.keys() {
            let Some(way) = way_around(&edges, start) else { continue };
            if way.iter().any(|module| done.contains(module)) {
                continue;
            }
            let files: Vec<&str> = way.iter().map(|module| self.0[module].file.as_str()).collect();
            circles.push(format!("{} -> {}", files.join(" -> "), files[0]));
            done.extend(way);
        }
        circles
    }

    /// The uses of modules that stand below the user's own in `order`, re-exports included.
    pub(super) fn upward(&self, order: &[String]) -> Vec<String> {
        let rank = |room: &String| order.iter().position(|name| name == room);
        self.uses_where(|own, target| rank(own).zip(rank(target)).is_some_and(|(own, target)| target > own))
    }

    /// What `room` uses of rooms other than these and its own.
    pub(super) fn uses_beyond(&self, room: &str, allowed: &[&str]) -> Vec<String> {
        self.uses_where(|own, target| own == room && target != own && !allowed.contains(&target.as_str()))
    }

    /// `file: path` of each use from one room to another that is none of the wanted.
    fn uses_where(&self, unwanted: impl Fn(&String, &String) -> bool) -> Vec<String> {
        let mut found = BTreeSet::new();
        for (module, source) in &self.0 {
            let Some(own) = module.first() else { continue };
            let brought = self.brought(module);
            let imported = source.imports.iter().map(|import| &import.path);
            for path in imported.chain(&source.paths).chain(&brought) {
                // also a path that names nothing yet: what follows `crate` is a module
                let named = (path[0] == "crate").then(|| path.get(1).cloned().into_iter().collect());
                let target = self.resolve(module, path, &mut Vec::new()).or(named);
                if target.is_some_and(|target| target.first().is_some_and(|room| unwanted(own, room))) {
                    found.insert(format!("{}: {}", source.file, path.join("::")));
                }
            }
        }
        found.into_iter().collect()
    }
}

fn way_around(edges: &BTreeMap<&Module, BTreeSet<Module>>, start: &Module) -> Option<Vec<Module>> {
    let mut before: BTreeMap<&Module, Option<&Module>> = BTreeMap::from([(start, None)]);
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for step in edges.get(at)? {
            if step == start {
                let mut way = vec![at.clone()];
                let mut last = at;
                while let Some(Some(earlier)) = before.get(last) {
                    way.push((*earlier).clone());
                    last = earlier;
                }
                way.reverse();
                return Some(way);
            }
            if !before.contains_key(step) {
                before.insert(step, Some(at));
                queue.push_back(step);
            }
        }
    }
    None
}
