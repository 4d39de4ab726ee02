-- The ids in a JSON array, and everything that refers to them.
with recursive closure (id) as (
    select value from json_each(?)
    union
    select referrer from Refs join closure on reference = closure.id
)
select path from closure join ValidPaths v on v.id = closure.id;
