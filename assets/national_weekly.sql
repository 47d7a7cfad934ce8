with daily as (
  select
    day,
    cases - lag(cases) over by_day as new_cases,
    deaths - lag(deaths) over by_day as new_deaths,
    swabs - lag(swabs) over by_day as new_swabs
  from national_daily
  window by_day as (order by day)
),
rolling as (
  select
    day,
    avg(new_cases) over seven_days as new_cases_7d,
    avg(new_deaths) over seven_days as new_deaths_7d,
    avg(new_swabs) over seven_days as swabs_7d
  from daily
  window seven_days as (order by day range between interval 6 days preceding and current row)
)
select
  date_trunc('week', day)::date as week,
  max(day) as last_day,
  round(arg_max(new_cases_7d, day), 1) as new_cases_7d,
  round(arg_max(new_deaths_7d, day), 1) as new_deaths_7d,
  round(arg_max(swabs_7d, day), 1) as swabs_7d
from rolling
group by week
