-- Adds sums to the hours, in the order of their key, so that two writers never wait for each other in a circle.
-- A function, because its plan is kept by the session: planning this anew cost more than a batch of fifty rows.
-- The arguments are the columns of `usage_hourly` in their order, each as an array.
CREATE FUNCTION dvara_main.usage_add_sums(
    timestamptz[], text[], text[], text[], text[], smallint[], text[], smallint[],
    bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[], bigint[]
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO dvara_main.usage_hourly AS hourly (
        hour, tenant, key, model, provider, status_class, outcome, shard, calls,
        input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
        estimated_calls, unpriced_calls, cost_nanousd, duration_us, upstream_us)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
    ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
    ON CONFLICT ON CONSTRAINT usage_hourly_pkey DO UPDATE SET
        calls = hourly.calls + excluded.calls,
        input_tokens = hourly.input_tokens + excluded.input_tokens,
        cache_read_tokens = hourly.cache_read_tokens + excluded.cache_read_tokens,
        cache_write_tokens = hourly.cache_write_tokens + excluded.cache_write_tokens,
        output_tokens = hourly.output_tokens + excluded.output_tokens,
        reasoning_tokens = hourly.reasoning_tokens + excluded.reasoning_tokens,
        estimated_calls = hourly.estimated_calls + excluded.estimated_calls,
        unpriced_calls = hourly.unpriced_calls + excluded.unpriced_calls,
        cost_nanousd = hourly.cost_nanousd + excluded.cost_nanousd,
        duration_us = hourly.duration_us + excluded.duration_us,
        upstream_us = hourly.upstream_us + excluded.upstream_us;
END
$$;
