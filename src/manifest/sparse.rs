//! Maps that most resources leave empty.

use std::ops::{Deref, DerefMut};
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// A map that takes a word as long as it is empty, instead of nine: a project has thousands of them.
#[derive(Debug, Clone, Default)]
pub struct SparseMap(Option<Box<Map<String, Value>>>);

impl Deref for SparseMap {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        self.0.as_deref().unwrap_or(&EMPTY)
    }
}

impl DerefMut for SparseMap {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.0.get_or_insert_default()
    }
}

impl PartialEq for SparseMap {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl From<Map<String, Value>> for SparseMap {
    fn from(map: Map<String, Value>) -> Self {
        Self((!map.is_empty()).then(|| Box::new(map)))
    }
}

impl From<SparseMap> for Map<String, Value> {
    fn from(sparse: SparseMap) -> Self {
        sparse.0.map(|map| *map).unwrap_or_default()
    }
}

impl<'m> IntoIterator for &'m SparseMap {
    type Item = (&'m String, &'m Value);
    type IntoIter = serde_json::map::Iter<'m>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Serialize for SparseMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SparseMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emptied_and_never_filled_are_the_same() {
        let mut map = SparseMap::default();
        map.insert("a".to_owned(), 1.into());
        assert_eq!(serde_json::to_string(&map).unwrap(), r#"{"a":1}"#);
        map.clear();
        assert_eq!(map, SparseMap::default());
        assert_eq!(serde_json::from_str::<SparseMap>("{}").unwrap(), map);
    }
}
