//! How deep each node of a graph stands.

/// The length of the longest path that ends at each of `count` nodes, from the edges `(from, to)`. What stands in a circle, or
/// behind one, is as deep as the paths outside of it make it.
pub(crate) fn depths(count: usize, edges: impl IntoIterator<Item = (usize, usize)>) -> Vec<usize> {
    let mut depths = vec![0; count];
    let mut waiting = vec![0usize; count];
    let mut children = vec![Vec::new(); count];
    for (from, to) in edges {
        children[from].push(to);
        waiting[to] += 1;
    }
    let mut ready: Vec<usize> = (0..count).filter(|&node| waiting[node] == 0).collect();
    while let Some(node) = ready.pop() {
        for &child in &children[node] {
            depths[child] = depths[child].max(depths[node] + 1);
            waiting[child] -= 1;
            if waiting[child] == 0 {
                ready.push(child);
            }
        }
    }
    depths
}

#[cfg(test)]
mod tests {
    use super::depths;

    #[test]
    fn the_longest_path_counts() {
        assert_eq!(depths(4, [(0, 1), (1, 2), (0, 2), (2, 3)]), [0, 1, 2, 3]);
        assert_eq!(depths(3, [(0, 1), (1, 2), (2, 1)]), [0, 1, 0]);
    }
}
