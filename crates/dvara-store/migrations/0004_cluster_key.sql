-- What makes a gateway a member of its fleet: one key, made by the first that starts. Sealed (`ENC:`) where a master password is set.
CREATE TABLE dvara_main.cluster_key (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    key text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
