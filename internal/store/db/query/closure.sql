-- The ids in a JSON array, and everything that they refer to.
with recursive closure (id) as (
    select value from json_each(?)
    union
    select reference from Refs join closure on referrer = closure.id
)
select v.id, path, hash, registrationTime, deriver, narSize, ultimate, sigs, ca
from closure join ValidPaths v on v.id = closure.id;
