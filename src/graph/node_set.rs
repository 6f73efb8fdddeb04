//! A set of nodes of one graph, as bits.

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodeSet {
    words: Vec<u64>,
}

impl NodeSet {
    /// An empty set that can hold the numbers below `size`.
    pub(crate) fn new(size: usize) -> Self {
        Self { words: vec![0; size.div_ceil(64)] }
    }

    /// Tells whether the number is new to the set.
    pub(crate) fn insert(&mut self, at: usize) -> bool {
        let bit = 1 << (at % 64);
        let word = &mut self.words[at / 64];
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    pub(crate) fn contains(&self, at: usize) -> bool {
        self.words[at / 64] & (1 << (at % 64)) != 0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    pub(crate) fn union_with(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    pub(crate) fn intersect_with(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                Some(at * 64 + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_combine() {
        let set = |numbers: &[usize]| {
            let mut set = NodeSet::new(130);
            assert!(numbers.iter().all(|&number| set.insert(number)));
            set
        };
        let mut left = set(&[0, 63, 64, 129]);
        left.intersect_with(&set(&[63, 64, 65]));
        left.union_with(&set(&[1]));
        left.subtract(&set(&[64]));
        assert_eq!(left.iter().collect::<Vec<_>>(), [1, 63]);
        assert!(!left.insert(63) && left.contains(1) && !left.is_empty());
    }
}
