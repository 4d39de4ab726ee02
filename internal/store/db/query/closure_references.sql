with recursive closure (id) as (
    select value from json_each(?)
    union
    select reference from Refs join closure on referrer = closure.id
)
select referrer, reference from Refs join closure on referrer = closure.id;
