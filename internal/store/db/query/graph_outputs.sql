-- Derivations and those of their outputs that are valid.
select d.drv, v.id from DerivationOutputs d join ValidPaths v on v.path = d.path;
