-- The narrow table of tests and of the bench. Every statement may run again.
CREATE TABLE IF NOT EXISTS public.bench_items (
  id         bigint PRIMARY KEY,
  sku        text NOT NULL,
  title      text NOT NULL,
  price      numeric(12,2) NOT NULL,
  state      text NOT NULL,
  stock      integer NOT NULL,
  updated_at timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.5);
ALTER TABLE public.bench_items REPLICA IDENTITY FULL;

-- n single-row updates of every step-th row from first on, per_tx of them in a
-- transaction. It runs in the server: clients that send single statements
-- would be slower than what they measure.
CREATE OR REPLACE PROCEDURE public.bench_update(first bigint, step bigint, rows bigint, n bigint, per_tx bigint)
LANGUAGE plpgsql AS $$
DECLARE
  i bigint;
BEGIN
  FOR i IN 0 .. n - 1 LOOP
    UPDATE public.bench_items SET price = price + 0.25, stock = stock + 1, updated_at = clock_timestamp()
      WHERE id = 1 + (first + i * step) % rows;
    IF (i + 1) % per_tx = 0 THEN COMMIT; END IF;
  END LOOP;
END $$;
