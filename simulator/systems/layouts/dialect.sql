-- How vendors write dates, numbers and flags: shared by all layouts. Each macro carries what it
-- cannot read through unchanged in its own look, since a planted error must survive the vendor.

-- 2025-03-09 -> 20250309; 2025-03-09 14:05:00 -> 20250309140500
create macro compact(d) as replace(replace(replace(d, '-', ''), ':', ''), ' ', '');
-- 2025-03-09 -> 2025/3/9; the time of day stays
create macro slashed(d) as regexp_replace(d, '^(\d{4})-0?(\d{1,2})-0?(\d{1,2})', '\1/\2/\3');
-- 2025-03-09 -> 2025年3月9日
create macro chinese_date(d) as
    regexp_replace(d, '^(\d{4})-0?(\d{1,2})-0?(\d{1,2})', '\1年\2月\3日');
-- 2025-03-09 14:05:00 -> 1741500300000 (an instant of UTC+8)
create macro epoch_millis(d) as
    coalesce(cast(epoch_ms(try_cast(d as timestamp) - interval 8 hour) as varchar), d);
-- 2025-03-09 14:05:00 -> 2025-03-09T14:05:00+08:00
create macro offset_time(d) as
    coalesce(strftime(try_cast(d as timestamp), '%Y-%m-%dT%H:%M:%S+08:00'), d);
-- the day after, in a system that stores exclusive ends
create macro day_after(d) as
    coalesce(strftime(try_cast(d as date) + 1, '%Y-%m-%d'), d);

create macro plain(n) as
    case when contains(n, '.') then rtrim(rtrim(n, '0'), '.') else n end;
create macro times(n, factor) as
    coalesce(plain(cast(cast(try_cast(n as decimal(18, 4)) * factor as decimal(18, 6)) as varchar)), n);

create macro flag(b, yes, no) as
    case b when '1' then yes when '0' then no else b end;

-- About one row in a hundred was entered twice and voided by the clerk.
create macro has_voided_twin(id) as substr(md5(id), 1, 2) in ('1a', 'c7', 'f0');
create macro guid(id) as
    regexp_replace(md5(id), '^(.{8})(.{4})(.{4})(.{4})(.{12})$', '\1-\2-\3-\4-\5');
