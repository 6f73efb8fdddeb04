//! Where each node stands in the graph: its layer from left to right, its place in the layer.

use rust_sugiyama::configure::{Config, CrossingMinimization, RankingType};
use rust_sugiyama::from_vertices_and_edges;

use crate::graph;

/// Column and row of a node, in units that the page scales.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Position {
    pub(super) layer: f64,
    pub(super) row: f64,
}

/// Up to this many nodes the costly ranking pays: it took 0.5 s at 1,000 nodes and 77 s at 5,000.
const SMALL: usize = 300;
/// Edges that pass over layers get a dummy in each; beyond this many the crate's time explodes.
const MOST_DUMMIES: usize = 60_000;

/// A layered layout of the edges between `count` nodes.
pub(super) fn layout(count: usize, edges: &[(usize, usize)]) -> Vec<Position> {
    let depths = graph::depths(count, edges.iter().copied());
    let dummies: usize =
        edges.iter().map(|&(from, to)| depths[to].saturating_sub(depths[from]).saturating_sub(1)).sum();
    let mut connected = vec![false; count];
    for &(from, to) in edges {
        connected[from] = true;
        connected[to] = true;
    }
    let mut positions = if dummies > MOST_DUMMIES {
        by_parents(&depths, edges)
    } else {
        layered(&connected, edges).unwrap_or_else(|| by_parents(&depths, edges))
    };
    below(&mut positions, &connected);
    positions
}

/// The crate's layout, its parts one below the other; none if it could not be made.
fn layered(connected: &[bool], edges: &[(usize, usize)]) -> Option<Vec<Position>> {
    let vertices: Vec<(u32, (f64, f64))> = (0u32..)
        .zip(connected)
        .filter(|(_, connected)| **connected)
        .map(|(node, _)| (node, (1.0, 1.0)))
        .collect();
    let edges: Vec<(u32, u32)> = edges
        .iter()
        .filter(|(from, to)| from != to)
        .map(|&(from, to)| Some((u32::try_from(from).ok()?, u32::try_from(to).ok()?)))
        .collect::<Option<_>>()?;
    let small = vertices.len() <= SMALL;
    let config = Config {
        minimum_length: 1,
        vertex_spacing: 1.0,
        dummy_vertices: true,
        dummy_size: 0.5,
        ranking_type: if small { RankingType::MinimizeEdgeLength } else { RankingType::Up },
        c_minimization: CrossingMinimization::Barycenter,
        transpose: small,
    };
    // The crate panics on shapes it does not expect; the page then has the plain layout.
    let mut parts = std::panic::catch_unwind(|| from_vertices_and_edges(&vertices, &edges, &config)).ok()?;
    for (part, _, _) in &mut parts {
        // The crate answers with places in `vertices`, not with their numbers.
        for (vertex, _) in part.iter_mut() {
            *vertex = usize::try_from(vertices.get(*vertex)?.0).ok()?;
        }
        part.sort_unstable_by_key(|(node, _)| *node);
    }
    parts.sort_by_key(|(part, _, _)| (std::cmp::Reverse(part.len()), part.first().map(|(node, _)| *node)));
    let mut positions = vec![Position::default(); connected.len()];
    let mut top = 0.0;
    for (part, _, _) in &parts {
        let mut layers: Vec<f64> = part.iter().map(|(_, (_, y))| *y).collect();
        layers.sort_by(f64::total_cmp);
        layers.dedup_by(|a, b| (*a - *b).abs() < 1e-6);
        let first = part.iter().map(|(_, (x, _))| *x).fold(f64::INFINITY, f64::min);
        let last = part.iter().map(|(_, (x, _))| *x).fold(f64::NEG_INFINITY, f64::max);
        for &(node, (x, y)) in part {
            let layer = layers.partition_point(|have| *have < y - 1e-6);
            // Rows stand two units apart: one for the node and one for the space.
            *positions.get_mut(node)? = Position { layer: to_f64(layer), row: top + (x - first) / 2.0 };
        }
        top += (last - first) / 2.0 + 1.5;
    }
    Some(positions)
}

/// Layers by depth, rows by the middle of the parents' rows.
fn by_parents(depths: &[usize], edges: &[(usize, usize)]) -> Vec<Position> {
    let mut parents = vec![Vec::new(); depths.len()];
    for &(from, to) in edges {
        parents[to].push(from);
    }
    let mut layers = vec![Vec::new(); depths.iter().max().map_or(0, |depth| depth + 1)];
    for (node, &depth) in depths.iter().enumerate() {
        layers[depth].push(node);
    }
    let mut positions = vec![Position::default(); depths.len()];
    for (depth, layer) in layers.iter().enumerate() {
        let middle = |node: &usize| {
            let rows = parents[*node].iter().map(|&parent| positions[parent].row);
            rows.sum::<f64>() / to_f64(parents[*node].len().max(1))
        };
        let mut ordered: Vec<(f64, usize)> = layer.iter().map(|node| (middle(node), *node)).collect();
        ordered.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (row, (_, node)) in ordered.into_iter().enumerate() {
            positions[node] = Position { layer: to_f64(depth), row: to_f64(row) };
        }
    }
    positions
}

/// Nodes without edges stand in rows under the rest.
fn below(positions: &mut [Position], connected: &[bool]) {
    let inside = positions.iter().zip(connected).filter(|(_, connected)| **connected);
    let (bottom, width) = inside.fold((-1.0f64, 0.0f64), |(bottom, width), (position, _)| {
        (bottom.max(position.row), width.max(position.layer))
    });
    let width = width.max(3.0);
    let mut next = Position { layer: 0.0, row: bottom + 2.0 };
    for (position, _) in positions.iter_mut().zip(connected).filter(|(_, connected)| !**connected) {
        *position = next;
        next.layer += 1.0;
        if next.layer > width {
            next = Position { layer: 0.0, row: next.row + 1.0 };
        }
    }
}

fn to_f64(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(count: usize, edges: &[(usize, usize)]) -> Vec<Position> {
        let positions = layout(count, edges);
        assert_eq!(positions.len(), count);
        for &(from, to) in edges {
            assert!(positions[from].layer < positions[to].layer, "{from} -> {to}");
        }
        let mut places: Vec<_> =
            positions.iter().map(|at| (at.layer.to_bits(), (at.row * 100.0).round().to_bits())).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), count, "two nodes share a place");
        positions
    }

    #[test]
    fn edges_lead_to_the_right_and_no_two_nodes_meet() {
        check(0, &[]);
        check(1, &[]);
        check(9, &[(0, 2), (1, 2), (2, 3), (0, 3), (5, 6)]);
        let fan: Vec<_> = (1..400).map(|node| (0, node)).collect();
        check(400, &fan);
        let chain: Vec<_> = (0..400).map(|node| (node, node + 1)).chain([(0, 400)]).collect();
        check(401, &chain);
    }

    #[test]
    fn edges_over_many_layers_do_not_explode() {
        let mut edges: Vec<_> = (0..1500).map(|node| (node, node + 1)).collect();
        edges.extend((2..1500).map(|node| (0, node)));
        check(1501, &edges);
    }

    #[test]
    fn the_same_graph_gets_the_same_layout() {
        let edges: Vec<_> =
            (0..200).flat_map(|n| [(n, n * 7 % 50 + 200), (n * 3 % 50 + 200, n % 40 + 300)]).collect();
        assert_eq!(layout(340, &edges), layout(340, &edges));
    }
}
