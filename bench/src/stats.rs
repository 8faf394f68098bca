//! Medians over rounds.

/// The median, the mean of the two middle values for an even number, `None` for no values.
///
/// Values that are not numbers (a ratio to zero) are left out: they say nothing about the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values
        .into_iter()
        .filter(|value| value.is_finite())
        .collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

/// Smallest and largest value, `None` for no values.
pub(crate) fn spread(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .into_iter()
        .filter(|value| value.is_finite())
        .fold(None, |range, value| {
            let (low, high) = range.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_of_five_ignores_order_and_outliers() {
        assert_eq!(median([5.0, 1.0, 900.0, 3.0, 2.0]), Some(3.0));
    }

    #[test]
    fn median_of_an_even_number_is_between_the_middle_two() {
        assert_eq!(median([4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    #[test]
    fn values_that_are_not_numbers_do_not_count() {
        assert_eq!(median([f64::NAN, 7.0, f64::INFINITY]), Some(7.0));
        assert_eq!(median([f64::NAN]), None);
        assert_eq!(median([]), None);
    }

    #[test]
    fn spread_is_smallest_and_largest() {
        assert_eq!(spread([3.0, f64::NAN, 1.0, 2.0]), Some((1.0, 3.0)));
        assert_eq!(spread([]), None);
    }
}
